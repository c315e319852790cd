// Package secret keeps secrets out of sight: a string that prints as
// "[redacted]", and a box that seals bytes with the keys of the configuration.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// String is a secret in memory. It prints, logs and marshals as "[redacted]";
// Reveal is the only way to its value.
//
// The value is behind a pointer because fmt calls no methods on the unexported
// fields of a struct: it would print the text itself, of a pointer it prints
// the address. Two Strings are therefore not compared with ==.
type String struct{ value *string }

const redacted = "[redacted]"

// New wraps a secret value.
func New(value string) String { return String{&value} }

// Reveal returns the value. Callers pass it on to a signature, a header or a
// seal, never to a log or an error.
func (s String) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no secret.
func (s String) IsZero() bool { return s.Reveal() == "" }

// Format prints "[redacted]" for every verb; String alone would not cover %d.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

func (s String) String() string               { return redacted }
func (s String) GoString() string             { return redacted }
func (s String) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s String) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText reads a secret from configuration.
func (s *String) UnmarshalText(b []byte) error { *s = New(string(b)); return nil }

// KeySize is the length of a sealing key in bytes (AES-256).
const KeySize = 32

// ErrSealed is returned when sealed bytes cannot be opened: another key,
// other associated data, or damage.
var ErrSealed = errors.New("sealed data cannot be opened with the configured keys")

// Box seals with AES-256-GCM under its first key and opens with any of them,
// so that keys can be rotated: put the new one first, keep the old ones until
// nothing sealed under them is left. The zero Box is not usable.
type Box struct {
	keys []sealingKey
}

type sealingKey struct {
	id   byte
	aead cipher.AEAD
	mac  []byte // for Fingerprints
	link []byte // for Links
}

// NewBox takes one to sixteen keys of KeySize bytes, the current one first.
func NewBox(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 || len(keys) > 16 {
		return nil, errors.New("a sealing box takes one to sixteen keys")
	}
	b := &Box{}
	for _, k := range keys {
		if len(k) != KeySize {
			return nil, fmt.Errorf("a sealing key has %d bytes; got %d", KeySize, len(k))
		}
		block, err := aes.NewCipher(derive(k, "seal"))
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, sealingKey{id: derive(k, "id")[0], aead: aead, mac: derive(k, "fingerprint"), link: derive(k, "link")})
	}
	return b, nil
}

// GenerateKey makes a sealing key, in the base64 form that ParseKey reads.
func GenerateKey() string {
	k := make([]byte, KeySize)
	rand.Read(k)
	return base64.StdEncoding.EncodeToString(k)
}

// ParseKey reads a key as GenerateKey writes it.
func ParseKey(s string) ([]byte, error) {
	k, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(k) != KeySize {
		return nil, fmt.Errorf("a sealing key is %d bytes in base64; make one with 'checkstand keys seal'", KeySize)
	}
	return k, nil
}

// Seal encrypts plain and binds it to aad (the id of the row it lives in).
func (b *Box) Seal(plain []byte, aad string) []byte {
	k := b.keys[0]
	out := make([]byte, 1+k.aead.NonceSize(), 1+k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	out[0] = k.id
	rand.Read(out[1:])
	return k.aead.Seal(out, out[1:], plain, []byte(aad))
}

// Open decrypts what Seal made for the same aad. It returns ErrSealed.
func (b *Box) Open(sealed []byte, aad string) ([]byte, error) {
	for _, k := range b.keys {
		n := 1 + k.aead.NonceSize()
		if len(sealed) < n || sealed[0] != k.id {
			continue
		}
		if plain, err := k.aead.Open(nil, sealed[1:n], sealed[n:], []byte(aad)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSealed
}

// Fingerprints gives a keyed digest of a secret under every key, the current
// one first: what is stored to recognise a payment token again without
// storing the token.
func (b *Box) Fingerprints(value string) [][]byte {
	out := make([][]byte, len(b.keys))
	for i, k := range b.keys {
		out[i] = digest(k.mac, value)
	}
	return out
}

// LinkBytes is the length of a link's proof: 128 bits, which nobody guesses.
const LinkBytes = 16

// Link is the proof that whoever shows it was given it by us: what makes the
// address of a page unguessable without anything being stored. value is what
// the address leads to.
func (b *Box) Link(value string) []byte { return digest(b.keys[0].link, value)[:LinkBytes] }

// Linked reports whether a proof is that of Link for the value, under any key.
func (b *Box) Linked(value string, proof []byte) bool {
	ok := false
	for _, k := range b.keys {
		ok = hmac.Equal(digest(k.link, value)[:LinkBytes], proof) || ok
	}
	return ok
}

func digest(key []byte, value string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(value))
	return m.Sum(nil)
}

func derive(key []byte, purpose string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("checkstand/" + purpose))
	return m.Sum(nil)
}
