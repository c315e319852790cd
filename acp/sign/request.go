package sign

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// Policy says what a credential demands of its requests.
type Policy string

const (
	Off      Policy = "off"      // signatures are not looked at
	Optional Policy = "optional" // a signature that is there must be right
	Required Policy = "required" // every request must be signed
)

// Tolerance is how far the Timestamp of a request may be from the server's
// clock, in either direction, where the Request does not say otherwise.
const Tolerance = 300 * time.Second

// Bounds of a window. One that is shorter refuses clocks that are merely
// inaccurate; one that is longer lets captured requests live too long.
const (
	MinWindow = 10 * time.Second
	MaxWindow = time.Hour
)

// Limits of the two headers, in bytes.
const (
	MaxSignature = 256
	MaxTimestamp = 64
)

// Codes of refusals.
const (
	CodeSignatureRequired = "signature_required"
	CodeInvalidSignature  = "invalid_signature"
	CodeStaleTimestamp    = "stale_timestamp"
	CodeReplayedRequest   = "replayed_request"
)

// errNoKey is a fault of the configuration, not of the agent.
var errNoKey = errors.New("credential demands signatures but has no signature key")

// Request is a request to verify.
type Request struct {
	Policy       Policy
	Key          Key // says the mode too
	CredentialID string

	Body           []byte // as it was received
	Signature      string // header Signature: base64 or base64url, padded or not, in every mode
	Timestamp      string // header Timestamp: RFC 3339
	IdempotencyKey string

	Now time.Time
	// Window is how far Timestamp may be from Now, in either direction; 0 is
	// Tolerance.
	Window time.Duration
	// Canonical makes the canonical form of Body, for a caller that needs it as
	// well; nil is this package's Canonical.
	Canonical func(body []byte) ([]byte, error)
	// Memory refuses replays; nil leaves that out. It remembers a request for
	// Remembered after its Timestamp, or for Window where that is longer. A window
	// that can grow needs it to be the longest there will be: what was forgotten,
	// and is fresh again, would be taken twice.
	Memory     Memory
	Remembered time.Duration
}

// VerifyRequest verifies the signature of a request under its credential's
// policy, the freshness of its Timestamp, and that it was not seen before.
//
// A request may come again, with the same signature and time, if it has the
// same Idempotency-Key: the answer is a replay then. A request without body
// and key, which is how a session is read, may come again too.
//
// Refusals are 401 *acp.Error with one of this package's codes. Any other
// error is the server's own fault.
func VerifyRequest(ctx context.Context, r Request) error {
	switch r.Policy {
	case Off, "":
		return nil
	case Optional, Required:
	default:
		return errors.New("unknown signature policy")
	}
	if r.Signature == "" {
		if r.Policy == Optional {
			return nil
		}
		return refuse(CodeSignatureRequired, "This credential signs its requests. Send the headers Signature and Timestamp.")
	}
	if r.Key.isZero() {
		return errNoKey
	}
	if r.Window == 0 {
		r.Window = Tolerance
	}
	at, err := freshness(r.Timestamp, r.Now, r.Window)
	if err != nil {
		return err
	}
	sum, ok := decodeSignature(r.Signature)
	var message []byte
	if ok {
		message, ok = r.matches(sum, at)
	}
	if !ok {
		return refuse(CodeInvalidSignature, "The signature does not match. Sign the body exactly as it is sent, with the key of this credential.")
	}
	if r.Memory == nil || len(r.Body) == 0 && r.IdempotencyKey == "" {
		return nil
	}
	fresh, err := r.Memory.Remember(ctx, r.CredentialID, digest(r.Key.mode, sum, message, at), keyHash(r.IdempotencyKey), at.Add(max(r.Window, r.Remembered)))
	if err != nil {
		return err
	}
	if !fresh {
		return refuse(CodeReplayedRequest, "This signed request was received before. Sign a new request with its own Timestamp, in fractions of a second; repeat one under its own Idempotency-Key.")
	}
	return nil
}

// matches compares the signature with what each accepted mode would have, and
// returns the canonical body where the mode is over that.
func (r *Request) matches(sum []byte, at time.Time) ([]byte, bool) {
	mode, shared := r.Key.mode, r.Key.shared
	switch mode {
	case BodyMode, BodyURLMode:
		return nil, matchesMAC(shared, sum, r.Body)
	case AnyMode:
		if matchesMAC(shared, sum, r.Body) {
			return nil, true
		}
	}
	canonical := r.Canonical
	if canonical == nil {
		canonical = Canonical
	}
	form, err := canonical(r.Body)
	if err != nil {
		return nil, false
	}
	switch mode {
	case Ed25519Mode:
		return form, ed25519.Verify(r.Key.ed25519, form, sum)
	case ES256Mode:
		return form, verifyECDSA(r.Key.ecdsa, form, sum)
	}
	return form, matchesMAC(shared, sum, timestamped(form, at)...)
}

// SignRequest makes the headers of a request that is sent at now. key is the
// shared secret of an HMAC mode, else the agent's private key in PEM. body is
// sent as it is; in the canonical modes it must be JSON or empty, else the
// error is ErrNotJSON. AnyMode signs as TimestampMode.
func SignRequest(mode Mode, key secret.String, body []byte, now time.Time) (signature, timestamp string, err error) {
	k, err := ParseSigningKey(mode, key)
	if err != nil {
		return "", "", err
	}
	message, err := SignedText(mode, body, now)
	if err != nil {
		return "", "", err
	}
	signature, err = k.sign(message)
	return signature, instant(now), err
}

// SignedText is what a mode signs of a request that is sent at now. The error
// is ErrNotJSON.
func SignedText(mode Mode, body []byte, now time.Time) ([]byte, error) {
	if mode == BodyMode || mode == BodyURLMode {
		return body, nil
	}
	form, err := Canonical(body)
	if err != nil || mode.PublicKey() {
		return form, err
	}
	return bytes.Join(timestamped(form, now), nil), nil
}

// timestamped is the text that TimestampMode signs, in parts.
func timestamped(canonical []byte, at time.Time) [][]byte {
	if len(canonical) == 0 {
		canonical = []byte("null")
	}
	return [][]byte{[]byte(instant(at) + "."), canonical}
}

// instant writes a time as it is signed.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// freshness reads a Timestamp and refuses it outside the window.
func freshness(header string, now time.Time, window time.Duration) (time.Time, error) {
	header = strings.TrimSpace(header)
	if header == "" {
		return time.Time{}, refuse(CodeStaleTimestamp, "A signed request needs the time of signing. Send the header Timestamp in RFC 3339.")
	}
	if len(header) > MaxTimestamp {
		return time.Time{}, refuse(CodeStaleTimestamp, "The Timestamp is not a time. Send RFC 3339, such as 2026-04-17T09:30:00.123Z.")
	}
	at, err := time.Parse(time.RFC3339Nano, header)
	if err != nil {
		return time.Time{}, refuse(CodeStaleTimestamp, "The Timestamp is not a time. Send RFC 3339, such as 2026-04-17T09:30:00.123Z.")
	}
	if age := now.Sub(at); age > window || age < -window {
		return time.Time{}, refuse(CodeStaleTimestamp, "The Timestamp is too far from our clock. Sign each request when it is sent, by a synchronised clock.")
	}
	return at, nil
}

// digest is what a Memory knows a signed request by. It is taken from what was
// decoded, so that no other spelling of a signature or an instant is another
// request; and of a public key's signature, which others can change into a
// second one that is right too, from what was signed.
func digest(mode Mode, sum, message []byte, at time.Time) [sha256.Size]byte {
	h := sha256.New()
	if mode.PublicKey() {
		h.Write([]byte(mode))
		h.Write(message)
	} else {
		h.Write(sum)
	}
	h.Write([]byte(instant(at)))
	return [sha256.Size]byte(h.Sum(nil))
}

// keyHash is the hash of an idempotency key, and zero for none.
func keyHash(key string) [sha256.Size]byte {
	if key == "" {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256([]byte(key))
}

func refuse(code, message string) *acp.Error {
	return acp.Refused(http.StatusUnauthorized, code, "", message)
}
