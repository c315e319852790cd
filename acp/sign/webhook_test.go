package sign_test

import (
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
)

var hook = []byte(`{"type":"order_create","data":{"type":"order"}}`)

// The form that the 2026-04-17 webhook document demands.
var timestampedForm = regexp.MustCompile(`^t=\d+,v1=[a-fA-F0-9]{64}$`)

func TestWebhookVectors(t *testing.T) {
	at := time.Unix(1709123456, 999)
	timestamped := sign.WebhookScheme{Timestamped: true}
	got := timestamped.Sign([]byte("whsec_test"), hook, at)
	if want := "t=1709123456,v1=57232dbbf1b7b0bc580bd40501b1f0a5b166128a0ad28dfd0e2839ba04611b56"; got != want || !timestampedForm.MatchString(got) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := (sign.WebhookScheme{}).Sign([]byte("whsec_test"), hook, at), "MUvDHpvRjMqezPmI5vfUFbgG5WediljEZejULTLztqI="; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := (sign.WebhookScheme{Encoding: sign.Hex}).Sign([]byte("whsec_test"), hook, at), "314bc31e9bd18cca9eccf988e6f7d415b806e5679d8a58c465e8d42d32f3b6a2"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWebhookHeaderName(t *testing.T) {
	if got := (sign.WebhookScheme{}).HeaderName(); got != "Merchant-Signature" {
		t.Error(got)
	}
	if got := (sign.WebhookScheme{Header: "Example_Shop-Signature"}).HeaderName(); got != "Example_Shop-Signature" {
		t.Error(got)
	}
}

func TestVerifyWebhook(t *testing.T) {
	timestamped, plain, hexed := sign.WebhookScheme{Timestamped: true}, sign.WebhookScheme{}, sign.WebhookScheme{Encoding: sign.Hex}
	secret := []byte("whsec_test")
	for _, tt := range []struct {
		name   string
		scheme sign.WebhookScheme
		header string
		body   []byte
		after  time.Duration
		want   error
	}{
		{"right", timestamped, timestamped.Sign(secret, hook, now), hook, 0, nil},
		{"in upper case", timestamped, upperHex(timestamped.Sign(secret, hook, now)), hook, 0, nil},
		{"just fresh", timestamped, timestamped.Sign(secret, hook, now), hook, sign.WebhookTolerance, nil},
		{"stale", timestamped, timestamped.Sign(secret, hook, now), hook, sign.WebhookTolerance + time.Second, sign.ErrSignatureStale},
		{"from the future", timestamped, timestamped.Sign(secret, hook, now), hook, -sign.WebhookTolerance - time.Second, sign.ErrSignatureStale},
		{"altered body", timestamped, timestamped.Sign(secret, hook, now), []byte(`{}`), 0, sign.ErrSignatureWrong},
		{"wrong secret", timestamped, timestamped.Sign([]byte("other"), hook, now), hook, 0, sign.ErrSignatureWrong},
		{"altered time", timestamped, strings.Replace(timestamped.Sign(secret, hook, now), "t=1", "t=01", 1), hook, 0, sign.ErrSignatureWrong},
		{"none", timestamped, " ", hook, 0, sign.ErrSignatureMissing},
		{"no time", timestamped, "v1=" + strings.Repeat("0", 64), hook, 0, sign.ErrSignatureMalformed},
		{"a time below 0", timestamped, "t=-1,v1=" + strings.Repeat("0", 64), hook, 0, sign.ErrSignatureMalformed},
		{"a time beyond all clocks", timestamped, "t=99999999999999999999,v1=" + strings.Repeat("0", 64), hook, 0, sign.ErrSignatureMalformed},
		{"too short", timestamped, "t=1,v1=00", hook, 0, sign.ErrSignatureMalformed},
		{"more after it", timestamped, timestamped.Sign(secret, hook, now) + ",v0=1", hook, 0, sign.ErrSignatureMalformed},
		{"far too long", timestamped, "t=" + strings.Repeat("1", 1000), hook, 0, sign.ErrSignatureMalformed},
		{"base64", plain, plain.Sign(secret, hook, now), hook, time.Hour, nil},
		{"base64 without padding", plain, strings.TrimRight(plain.Sign(secret, hook, now), "="), hook, 0, nil},
		{"hex where base64 is the rule", plain, hexed.Sign(secret, hook, now), hook, 0, nil},
		{"hex", hexed, hexed.Sign(secret, hook, now), hook, 0, nil},
		{"altered body, base64", plain, plain.Sign(secret, hook, now), []byte(`{}`), 0, sign.ErrSignatureWrong},
		{"rubbish", plain, "rubbish", hook, 0, sign.ErrSignatureMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.scheme.Verify(secret, tt.header, tt.body, now.Add(tt.after)); !errors.Is(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func upperHex(header string) string {
	t, v1, _ := strings.Cut(header, ",v1=")
	return t + ",v1=" + strings.ToUpper(v1)
}

// No header verifies but the one that was signed, and each malformed one is
// told from a wrong one.
func FuzzVerifyWebhook(f *testing.F) {
	for _, s := range []string{"", "t=1,v1=00", "t=1777896000,v1=" + hex.EncodeToString(make([]byte, 32)), ",v1=", "t=,v1=", strings.Repeat("A", 43) + "="} {
		f.Add(s, []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		for _, scheme := range []sign.WebhookScheme{{}, {Encoding: sign.Hex}, {Timestamped: true}} {
			if err := scheme.Verify([]byte("whsec_test"), header, body, now); err == nil {
				t.Fatalf("forged: %q for %q", header, body)
			}
			if err := scheme.Verify([]byte("whsec_test"), scheme.Sign([]byte("whsec_test"), body, now), body, now); err != nil {
				t.Fatal(err)
			}
		}
	})
}
