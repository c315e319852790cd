package exchange

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/secret"
)

// Limits of a signature's header.
const (
	// SignatureTolerance is how old, or how far in the future, a stamped
	// signature may be.
	SignatureTolerance = 5 * time.Minute

	maxSignatures = 16   // of one header; while a secret is rolled there are two
	maxSignature  = 4096 // bytes of the header
)

// Signed checks the header of a webhook that says t=<seconds>,v1=<hex>[,v1=…],
// where v1 is HMAC-SHA256 of "<seconds>.<body>" under key. Any v1 will do;
// fields of other names are not signatures. Nothing is signed under a key that
// is not set.
func Signed(key secret.String, header string, body []byte, now time.Time) bool {
	if key.IsZero() || len(header) > maxSignature {
		return false
	}
	var stamp string
	var given [][]byte
	for field := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "t":
			if stamp != "" {
				return false
			}
			stamp = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil && len(given) < maxSignatures {
				given = append(given, mac)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > SignatureTolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want, ok := mac.Sum(nil), false
	for _, g := range given {
		ok = hmac.Equal(g, want) || ok
	}
	return ok
}
