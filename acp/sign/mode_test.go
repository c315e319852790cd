package sign_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

func TestParseKeyTeaches(t *testing.T) {
	private, public := publishedKeys(t, readPublished(t))
	for _, tt := range []struct {
		mode sign.Mode
		key  secret.String
		want string
	}{
		{sign.Ed25519Mode, public[sign.Ed25519Mode], ""},
		{sign.ES256Mode, public[sign.ES256Mode], ""},
		{sign.BodyMode, secret.New("anything"), ""},
		{sign.AnyMode, secret.New("anything"), ""},
		{"rsa", secret.New("anything"), "is not a signature mode"},
		{sign.BodyMode, secret.String{}, "empty"},
		{sign.Ed25519Mode, secret.New("anything"), "-----BEGIN PUBLIC KEY-----"},
		{sign.Ed25519Mode, private[sign.Ed25519Mode], "private key"},
		{sign.ES256Mode, private[sign.ES256Mode], "private key"},
		{sign.Ed25519Mode, public[sign.ES256Mode], "Ed25519; this one is of another kind"},
		{sign.ES256Mode, public[sign.Ed25519Mode], "P-256; this one is of another kind"},
		{sign.ES256Mode, secret.New("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "not a public key"},
		{sign.ES256Mode, onCurve(t, elliptic.P384()), "another kind"},
	} {
		_, err := sign.ParseKey(tt.mode, tt.key)
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.mode, err, tt.want)
		case err != nil && len(tt.key.Reveal()) > 30 && strings.Contains(err.Error(), tt.key.Reveal()[30:]):
			t.Errorf("%s: the error shows the key: %v", tt.mode, err)
		}
	}
}

func onCurve(t *testing.T, curve elliptic.Curve) secret.String {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
}

// An ECDSA signature can be turned into another one that is right too. It is
// the same request nevertheless.
func TestAnotherSignatureOfTheSameTextIsAReplay(t *testing.T) {
	private, public := publishedKeys(t, readPublished(t))
	const body = `{"line_items":[{"id":"tray"}]}`
	memory := sign.NewReplayMemory(10, func() time.Time { return now })
	key, err := sign.ParseKey(sign.ES256Mode, public[sign.ES256Mode])
	if err != nil {
		t.Fatal(err)
	}
	signature, timestamp, err := sign.SignRequest(sign.ES256Mode, private[sign.ES256Mode], []byte(body), now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	r, s := new(big.Int).SetBytes(raw[:sha256.Size]), new(big.Int).SetBytes(raw[sha256.Size:])
	mirrored := append(append([]byte{}, raw[:sha256.Size]...), new(big.Int).Sub(elliptic.P256().Params().N, s).FillBytes(make([]byte, sha256.Size))...)
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		t.Fatal(err)
	}
	request := sign.Request{Policy: sign.Required, Key: key, CredentialID: "key_1", Body: []byte(body), Timestamp: timestamp, Now: now, Memory: memory}
	for i, tt := range []struct {
		sum  []byte
		key  string
		want string
	}{
		{raw, "one", ""}, {raw, "one", ""}, {der, "one", ""}, {mirrored, "one", ""},
		{raw, "two", sign.CodeReplayedRequest}, {der, "two", sign.CodeReplayedRequest}, {mirrored, "two", sign.CodeReplayedRequest},
	} {
		request.Signature, request.IdempotencyKey = base64.StdEncoding.EncodeToString(tt.sum), tt.key
		if got := code(t, sign.VerifyRequest(t.Context(), request)); got != tt.want {
			t.Errorf("%d: %q, want %q", i, got, tt.want)
		}
	}
}

func BenchmarkVerifyRequest(b *testing.B) {
	private, public := publishedKeys(b, readPublished(b))
	body := []byte(`{"line_items":[{"id":"a","quantity":1},{"id":"b","quantity":2}],"currency":"usd","buyer":{"email":"a@example.com"}}`)
	for _, m := range sign.Modes() {
		b.Run(string(m), func(b *testing.B) {
			k, err := sign.ParseKey(m, public[m])
			if err != nil {
				b.Fatal(err)
			}
			signature, timestamp, err := sign.SignRequest(m, private[m], body, now)
			if err != nil {
				b.Fatal(err)
			}
			r := sign.Request{Policy: sign.Required, Key: k, Body: body, Signature: signature, Timestamp: timestamp, Now: now}
			for b.Loop() {
				if err := sign.VerifyRequest(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
