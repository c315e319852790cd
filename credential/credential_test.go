package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/secret"
)

var now = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

func box(t *testing.T) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNewKeepsTheHashAndNotTheKey(t *testing.T) {
	for _, live := range []bool{false, true} {
		c, key, err := credential.New(credential.Params{MerchantID: "shop", Agent: "chatgpt", Live: live}, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		plain := key.Reveal()
		prefix := map[bool]string{false: "csk_test_", true: "csk_live_"}[live]
		if !strings.HasPrefix(plain, prefix) || len(plain) != len(prefix)+32 {
			t.Errorf("key has the form %q…, length %d", plain[:9], len(plain))
		}
		if c.Hash != credential.Hash(plain) {
			t.Error("the credential is not found by its key")
		}
		if c.Prefix != plain[:credential.PrefixLength] || c.SignaturePolicy != credential.SignatureOff || c.Live != live {
			t.Errorf("credential = %+v", c)
		}
	}
}

func TestNewSealsTheSignatureSecret(t *testing.T) {
	b := box(t)
	c, _, err := credential.New(credential.Params{MerchantID: "shop", Agent: "chatgpt",
		SignaturePolicy: credential.SignatureRequired, SignatureSecret: secret.New("whsec_1")}, b, now)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(c.SignatureSecret), "whsec_1") {
		t.Error("the secret is stored in the clear")
	}
	if plain, err := b.Open(c.SignatureSecret, c.ID); err != nil || string(plain) != "whsec_1" {
		t.Errorf("Open = %q, %v", plain, err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := credential.Params{MerchantID: "shop", Agent: "chatgpt"}
	for name, tc := range map[string]struct {
		change func(*credential.Params)
		names  string
	}{
		"no merchant":               {func(p *credential.Params) { p.MerchantID = "" }, "merchant"},
		"long merchant":             {func(p *credential.Params) { p.MerchantID = strings.Repeat("m", 65) }, "merchant"},
		"no agent":                  {func(p *credential.Params) { p.Agent = "" }, "agent"},
		"control characters":        {func(p *credential.Params) { p.Agent = "a\nb" }, "agent"},
		"past expiry":               {func(p *credential.Params) { p.ExpiresAt = now }, "expires"},
		"unknown policy":            {func(p *credential.Params) { p.SignaturePolicy = "sometimes" }, "signature policy"},
		"policy without secret":     {func(p *credential.Params) { p.SignaturePolicy = "required" }, "signature secret"},
		"window without signatures": {func(p *credential.Params) { p.SignatureWindow = time.Minute }, "signature window"},
		"short window":              {signedWithin(sign.MinWindow - 1), "signature window"},
		"long window":               {signedWithin(sign.MaxWindow + 1), "signature window"},
		"window of fractions":       {signedWithin(time.Minute + time.Microsecond), "signature window"},
		"secret without a sealing":  {func(p *credential.Params) { p.SignatureSecret = secret.New("s") }, "signature secret"},
	} {
		t.Run(name, func(t *testing.T) {
			p := good
			tc.change(&p)
			_, _, err := credential.New(p, nil, now)
			if err == nil || !strings.Contains(err.Error(), tc.names) {
				t.Errorf("err = %v; want one that names %q", err, tc.names)
			}
		})
	}
}

// signedWithin makes a key whose signatures have a window.
func signedWithin(d time.Duration) func(*credential.Params) {
	return func(p *credential.Params) {
		p.SignaturePolicy, p.SignatureSecret, p.SignatureWindow = credential.SignatureRequired, secret.New("s"), d
	}
}

func TestNewKeepsTheWindow(t *testing.T) {
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{0, sign.MinWindow, 90500 * time.Millisecond, sign.MaxWindow} {
		p := credential.Params{MerchantID: "shop", Agent: "agent"}
		signedWithin(d)(&p)
		if c, _, err := credential.New(p, box, now); err != nil || c.SignatureWindow != d {
			t.Errorf("%v: %+v, %v", d, c, err)
		}
	}
}

func TestValid(t *testing.T) {
	for name, tc := range map[string]struct {
		c    credential.Credential
		want bool
	}{
		"without end":           {credential.Credential{}, true},
		"before its expiry":     {credential.Credential{ExpiresAt: now.Add(1)}, true},
		"at its expiry":         {credential.Credential{ExpiresAt: now}, false},
		"revoked":               {credential.Credential{RevokedAt: now.Add(-1)}, false},
		"revoked, not expired":  {credential.Credential{RevokedAt: now, ExpiresAt: now.Add(time.Hour)}, false},
		"expired, not revoked ": {credential.Credential{ExpiresAt: now.Add(-time.Hour)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.c.Valid(now); got != tc.want {
				t.Errorf("Valid = %t", got)
			}
		})
	}
}
