package sign

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/secret"
)

// Mode is what is signed, and how. The specification leaves it to the parties.
type Mode string

const (
	// AnyMode accepts each of the HMAC modes.
	AnyMode Mode = ""
	// BodyMode is HMAC-SHA256 of the raw body, in base64. The Timestamp is not
	// part of it, so that whoever captured a request can present it again under
	// a newer one: prefer TimestampMode where the agent can.
	BodyMode Mode = "hmac-body-b64"
	// BodyURLMode is the same in base64url without padding.
	BodyURLMode Mode = "hmac-body-b64url"
	// TimestampMode is HMAC-SHA256 of the Timestamp as RFC 3339 with
	// nanoseconds in UTC, a full stop, and the canonical body ("null" for an
	// empty one).
	TimestampMode Mode = "hmac-ts-canonical"
	// Ed25519Mode is an Ed25519 signature of the canonical body, in base64url.
	// An empty body is signed as no bytes. As in BodyMode the Timestamp is not
	// signed.
	Ed25519Mode Mode = "ed25519-canonical"
	// ES256Mode is ECDSA over P-256 with SHA-256 of the canonical body, in
	// base64url: r and s as JWS has them, 32 bytes each; in DER it is accepted
	// too.
	ES256Mode Mode = "es256-canonical"
)

// Modes are the modes that a credential can be given.
func Modes() []Mode { return []Mode{BodyMode, BodyURLMode, TimestampMode, Ed25519Mode, ES256Mode} }

// Known reports whether m is one of Modes or AnyMode.
func (m Mode) Known() bool { return m == AnyMode || slices.Contains(Modes(), m) }

// PublicKey reports whether the agent signs with a private key of its own, so
// that the shop keeps the public one. Otherwise both have a shared secret.
func (m Mode) PublicKey() bool { return m == Ed25519Mode || m == ES256Mode }

// MinSecret is the least length of a shared secret that is given rather than
// made, in bytes.
const MinSecret = 16

// Key is what the signatures of one credential are verified with.
type Key struct {
	mode    Mode
	shared  secret.String
	ed25519 ed25519.PublicKey
	ecdsa   *ecdsa.PublicKey
}

// ParseKey reads the key of a mode: the shared secret of an HMAC mode as it is,
// or the agent's public key in PEM ("PUBLIC KEY"). The error says what to give
// instead, and shows nothing of the key.
func ParseKey(mode Mode, text secret.String) (Key, error) {
	if !mode.Known() {
		return Key{}, fmt.Errorf("%q is not a signature mode", string(mode))
	}
	if text.IsZero() {
		return Key{}, errors.New("the key is empty")
	}
	if !mode.PublicKey() {
		return Key{mode: mode, shared: text}, nil
	}
	block, _ := pem.Decode([]byte(text.Reveal()))
	switch {
	case block == nil:
		return Key{}, fmt.Errorf("mode %s needs the agent's public key in PEM, beginning with -----BEGIN PUBLIC KEY-----", mode)
	case strings.Contains(block.Type, "PRIVATE"):
		return Key{}, errors.New("this is a private key, which the agent keeps to itself; give the public one (openssl pkey -in private.pem -pubout)")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("the PEM is a %q and not a public key that can be read; make one with openssl pkey -in private.pem -pubout", block.Type)
	}
	switch k := public.(type) {
	case ed25519.PublicKey:
		if mode == Ed25519Mode {
			return Key{mode: mode, ed25519: k}, nil
		}
	case *ecdsa.PublicKey:
		if mode == ES256Mode && k.Curve == elliptic.P256() {
			return Key{mode: mode, ecdsa: k}, nil
		}
	}
	return Key{}, fmt.Errorf("mode %s needs a key of %s; this one is of another kind", mode, map[Mode]string{Ed25519Mode: "Ed25519", ES256Mode: "the curve P-256"}[mode])
}

// SharedKey is the key of an HMAC mode.
func SharedKey(mode Mode, shared secret.String) Key { return Key{mode: mode, shared: shared} }

// isZero reports whether there is no key.
func (k Key) isZero() bool { return k.shared.IsZero() && k.ed25519 == nil && k.ecdsa == nil }

// maxMAC bounds a decoded signature: the longest is DER of P-256.
const maxMAC = 72

// decodeSignature reads a signature in base64 or base64url, padded or not.
func decodeSignature(header string) ([]byte, bool) {
	header = strings.TrimSpace(header)
	if len(header) > MaxSignature {
		return nil, false
	}
	header = strings.TrimRight(header, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(header, "-_") {
		enc = base64.RawURLEncoding
	}
	sum, err := enc.DecodeString(header)
	return sum, err == nil && len(sum) >= sha256.Size && len(sum) <= maxMAC
}

// verifyECDSA takes r and s side by side or in DER. The one cannot be taken for
// the other: DER of 64 bytes would need r and s far shorter than they are.
func verifyECDSA(key *ecdsa.PublicKey, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	if len(signature) != 2*sha256.Size {
		return ecdsa.VerifyASN1(key, digest[:], signature)
	}
	r, s := new(big.Int).SetBytes(signature[:sha256.Size]), new(big.Int).SetBytes(signature[sha256.Size:])
	return ecdsa.Verify(key, digest[:], r, s)
}

// SigningKey is what an agent signs with in one mode.
type SigningKey struct {
	mode    Mode
	shared  secret.String
	ed25519 ed25519.PrivateKey
	ecdsa   *ecdsa.PrivateKey
}

// ParseSigningKey reads the key that an agent signs with: the shared secret of
// an HMAC mode, or its private key in PEM ("PRIVATE KEY" or "EC PRIVATE KEY").
// AnyMode signs as TimestampMode.
func ParseSigningKey(mode Mode, text secret.String) (SigningKey, error) {
	switch {
	case !mode.Known():
		return SigningKey{}, fmt.Errorf("%q is not a signature mode", string(mode))
	case !mode.PublicKey():
		return SigningKey{mode: mode, shared: text}, nil
	}
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return SigningKey{}, fmt.Errorf("mode %s needs a private key in PEM, beginning with -----BEGIN PRIVATE KEY-----", mode)
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if private, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
			return SigningKey{}, fmt.Errorf("the PEM is a %q and not a private key that can be read", block.Type)
		}
	}
	switch k := private.(type) {
	case ed25519.PrivateKey:
		if mode == Ed25519Mode {
			return SigningKey{mode: mode, ed25519: k}, nil
		}
	case *ecdsa.PrivateKey:
		if mode == ES256Mode && k.Curve == elliptic.P256() {
			return SigningKey{mode: mode, ecdsa: k}, nil
		}
	}
	return SigningKey{}, fmt.Errorf("the private key is not of the kind that mode %s signs with", mode)
}

// sign makes the header's value for what SignedText returned.
func (k SigningKey) sign(message []byte) (string, error) {
	switch k.mode {
	case BodyMode, TimestampMode, AnyMode:
		return base64.StdEncoding.EncodeToString(mac([]byte(k.shared.Reveal()), message)), nil
	case BodyURLMode:
		return base64.RawURLEncoding.EncodeToString(mac([]byte(k.shared.Reveal()), message)), nil
	case Ed25519Mode:
		return base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.ed25519, message)), nil
	case ES256Mode:
		digest := sha256.Sum256(message)
		der, err := ecdsa.SignASN1(rand.Reader, k.ecdsa, digest[:])
		if err != nil {
			return "", err
		}
		var sig struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &sig); err != nil {
			return "", err
		}
		var pair [2 * sha256.Size]byte
		sig.R.FillBytes(pair[:sha256.Size])
		sig.S.FillBytes(pair[sha256.Size:])
		return base64.RawURLEncoding.EncodeToString(pair[:]), nil
	}
	return "", fmt.Errorf("%q is not a signature mode", string(k.mode))
}

// matchesMAC compares in constant time.
func matchesMAC(key secret.String, sum []byte, parts ...[]byte) bool {
	return hmac.Equal(sum, mac([]byte(key.Reveal()), parts...))
}
