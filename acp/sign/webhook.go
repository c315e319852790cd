package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// WebhookHeader is the default name of the header that carries the signature
// of a webhook. Some receivers want <Merchant_Name>-Signature instead.
const WebhookHeader = "Merchant-Signature"

// WebhookTolerance is how far the time in a webhook signature may be from the
// receiver's clock, in either direction.
const WebhookTolerance = 5 * time.Minute

// maxWebhookSignature bounds the header that VerifyWebhook looks at.
const maxWebhookSignature = 256

// Encoding is how a MAC is written in a header.
type Encoding uint8

const (
	Base64 Encoding = iota // standard alphabet, padded
	Hex                    // lower case
)

// WebhookScheme says how webhooks are signed. The zero value is the scheme of
// the versions before 2026-04-17 with their defaults.
type WebhookScheme struct {
	// Header is the name of the header; empty means WebhookHeader.
	Header string
	// Timestamped is the scheme of 2026-04-17: "t=<unix seconds>,v1=<hex>",
	// the MAC over t + "." + body. Otherwise the header is the MAC of the body
	// alone.
	Timestamped bool
	// Encoding is that of a MAC without time.
	Encoding Encoding
}

// Errors of WebhookScheme.Verify; receivers answer each with 401.
var (
	ErrSignatureMissing   = errors.New("webhook signature is missing")
	ErrSignatureMalformed = errors.New("webhook signature is malformed")
	ErrSignatureStale     = errors.New("webhook signature is too old or from the future")
	ErrSignatureWrong     = errors.New("webhook signature does not match")
)

// HeaderName is the name of the header that carries the signature.
func (s WebhookScheme) HeaderName() string {
	if s.Header == "" {
		return WebhookHeader
	}
	return s.Header
}

// Sign returns the header's value for a body that is sent at now. Each retry
// is signed anew, with its own time.
func (s WebhookScheme) Sign(secret, body []byte, now time.Time) string {
	if s.Timestamped {
		t := strconv.FormatInt(now.Unix(), 10)
		return "t=" + t + ",v1=" + hex.EncodeToString(mac(secret, []byte(t+"."), body))
	}
	if s.Encoding == Hex {
		return hex.EncodeToString(mac(secret, body))
	}
	return base64.StdEncoding.EncodeToString(mac(secret, body))
}

// Verify checks a header's value as a receiver: the time within
// WebhookTolerance of now (when the scheme has one) and the MAC. A MAC of the
// body alone is accepted in hex, base64 and base64url, padded or not. It
// returns one of this package's errors.
func (s WebhookScheme) Verify(secret []byte, header string, body []byte, now time.Time) error {
	header = strings.TrimSpace(header)
	if header == "" {
		return ErrSignatureMissing
	}
	if len(header) > maxWebhookSignature {
		return ErrSignatureMalformed
	}
	if !s.Timestamped {
		got, ok := decodeMAC(header)
		if !ok {
			return ErrSignatureMalformed
		}
		if !hmac.Equal(got, mac(secret, body)) {
			return ErrSignatureWrong
		}
		return nil
	}
	t, got, ok := parseTimestamped(header)
	if !ok {
		return ErrSignatureMalformed
	}
	unix, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return ErrSignatureMalformed
	}
	if age := now.Unix() - unix; age > int64(WebhookTolerance/time.Second) || age < -int64(WebhookTolerance/time.Second) {
		return ErrSignatureStale
	}
	if !hmac.Equal(got, mac(secret, []byte(t+"."), body)) {
		return ErrSignatureWrong
	}
	return nil
}

// parseTimestamped reads ^t=\d+,v1=[a-fA-F0-9]{64}$.
func parseTimestamped(header string) (t string, mac []byte, ok bool) {
	t, v1, found := strings.Cut(header, ",v1=")
	t, prefixed := strings.CutPrefix(t, "t=")
	if !found || !prefixed || t == "" || strings.Trim(t, "0123456789") != "" {
		return "", nil, false
	}
	sum, err := hex.DecodeString(v1)
	return t, sum, err == nil && len(sum) == sha256.Size
}

// decodeMAC reads a MAC of SHA-256 in hex, base64 or base64url, padded or not.
// The lengths tell hex from base64: 64 characters against 43 or 44.
func decodeMAC(s string) ([]byte, bool) {
	if len(s) == hex.EncodedLen(sha256.Size) {
		sum, err := hex.DecodeString(s)
		return sum, err == nil
	}
	sum, ok := decodeSignature(s)
	return sum, ok && len(sum) == sha256.Size
}

// mac is HMAC-SHA256 over the parts, one after the other.
func mac(secret []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, secret)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
