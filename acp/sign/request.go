package sign

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
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

// Mode is what is signed. The specification leaves it to the parties.
type Mode string

const (
	// AnyMode accepts either of the others.
	AnyMode Mode = ""
	// BodyMode is HMAC-SHA256 of the raw body. The Timestamp is not part of
	// it, so that whoever captured a request can present it again under a
	// newer one: prefer TimestampMode where the agent can.
	BodyMode Mode = "hmac-body"
	// TimestampMode is HMAC-SHA256 of the Timestamp as RFC 3339 with
	// nanoseconds in UTC, a full stop, and the canonical body ("null" for an
	// empty one).
	TimestampMode Mode = "hmac-ts-canonical"
)

// Tolerance is how far the Timestamp of a request may be from the server's
// clock, in either direction.
const Tolerance = 300 * time.Second

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
	Mode         Mode // AnyMode unless the credential is narrower
	Key          secret.String
	CredentialID string

	Body           []byte // as it was received
	Signature      string // header Signature: base64 or base64url, padded or not
	Timestamp      string // header Timestamp: RFC 3339
	IdempotencyKey string

	Now time.Time
	// Canonical makes the canonical form of Body, for a caller that needs it as
	// well; nil is this package's Canonical.
	Canonical func(body []byte) ([]byte, error)
	// Memory refuses replays; nil leaves that out.
	Memory Memory
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
	if r.Key.IsZero() {
		return errNoKey
	}
	at, err := freshness(r.Timestamp, r.Now)
	if err != nil {
		return err
	}
	sum, ok := decodeSignature(r.Signature)
	if !ok || !r.matches(sum, at) {
		return refuse(CodeInvalidSignature, "The signature does not match. Sign the body exactly as it is sent, with the key of this credential.")
	}
	if r.Memory == nil || len(r.Body) == 0 && r.IdempotencyKey == "" {
		return nil
	}
	fresh, err := r.Memory.Remember(ctx, r.CredentialID, digest(sum, at), keyHash(r.IdempotencyKey), at.Add(Tolerance))
	if err != nil {
		return err
	}
	if !fresh {
		return refuse(CodeReplayedRequest, "This signed request was received before. Sign a new request with its own Timestamp, in fractions of a second; repeat one under its own Idempotency-Key.")
	}
	return nil
}

// matches compares the MAC with that of each accepted mode, in constant time.
func (r *Request) matches(sum []byte, at time.Time) bool {
	key := []byte(r.Key.Reveal())
	if r.Mode != TimestampMode && hmac.Equal(sum, mac(key, r.Body)) {
		return true
	}
	if r.Mode == BodyMode {
		return false
	}
	canonical := r.Canonical
	if canonical == nil {
		canonical = Canonical
	}
	form, err := canonical(r.Body)
	return err == nil && hmac.Equal(sum, mac(key, timestamped(form, at)...))
}

// SignRequest makes the headers of a request that is sent at now. body is sent
// as it is; in TimestampMode it must be JSON or empty, else the error is
// ErrNotJSON. AnyMode signs as TimestampMode.
func SignRequest(mode Mode, key secret.String, body []byte, now time.Time) (signature, timestamp string, err error) {
	payload := [][]byte{body}
	if mode != BodyMode {
		form, err := Canonical(body)
		if err != nil {
			return "", "", err
		}
		payload = timestamped(form, now)
	}
	sum := mac([]byte(key.Reveal()), payload...)
	return base64.StdEncoding.EncodeToString(sum), instant(now), nil
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

// freshness reads a Timestamp and refuses it outside Tolerance.
func freshness(header string, now time.Time) (time.Time, error) {
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
	if age := now.Sub(at); age > Tolerance || age < -Tolerance {
		return time.Time{}, refuse(CodeStaleTimestamp, "The Timestamp is too far from our clock. Sign each request when it is sent, by a synchronised clock.")
	}
	return at, nil
}

// decodeSignature reads a MAC in base64 or base64url, padded or not.
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
	return sum, err == nil && len(sum) == sha256.Size
}

// digest is what a Memory knows a signed request by. It is taken from the
// decoded MAC and instant, so that no other spelling of either is another
// request.
func digest(sum []byte, at time.Time) [sha256.Size]byte {
	return sha256.Sum256(append(append([]byte{}, sum...), instant(at)...))
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
