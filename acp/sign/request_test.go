package sign_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

var (
	now = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)
	key = secret.New("whsec_test")
)

func signed(t testing.TB, mode sign.Mode, body string, at time.Time) sign.Request {
	t.Helper()
	signature, timestamp, err := sign.SignRequest(mode, key, []byte(body), at)
	if err != nil {
		t.Fatal(err)
	}
	return sign.Request{Policy: sign.Required, Key: sign.SharedKey(sign.AnyMode, key), CredentialID: "cred_1", Body: []byte(body),
		Signature: signature, Timestamp: timestamp, Now: now}
}

// code is the code of a refusal with 401, "" for an accepted request.
func code(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *acp.Error
	if !errors.As(err, &e) || e.Status != 401 || e.Type != acp.InvalidRequest {
		t.Fatalf("%v is not a refusal with 401", err)
	}
	return e.Code
}

// Vectors that another implementation can check itself against.
func TestVectors(t *testing.T) {
	at := time.Date(2026, 5, 4, 14, 0, 0, 500_000_000, time.FixedZone("CEST", 2*3600))
	for _, tt := range []struct {
		mode      sign.Mode
		body      string
		signature string
	}{
		// printf '{"b":1,"a":2}' | openssl dgst -sha256 -hmac whsec_test -binary | base64
		{sign.BodyMode, `{"b":1,"a":2}`, "HAaTco2GmM/YjuzZcZKEsezVJ6MFGB5GlfgNDunFODg="},
		// printf '2026-05-04T12:00:00.5Z.{"a":2,"b":1}' | openssl …
		{sign.TimestampMode, ` {"b":1.0,"a":2}`, "w0PEI+w2C6mwAk1pNN9FrKGLtrD8e1+z0z3/AFWInz4="},
		// printf '2026-05-04T12:00:00.5Z.null' | openssl …
		{sign.TimestampMode, "", "4TN/lb2V58nL7DJrvvtni6O+fzozhkSimV9WKrsE0kU="},
	} {
		signature, timestamp, err := sign.SignRequest(tt.mode, key, []byte(tt.body), at)
		if err != nil || signature != tt.signature || timestamp != "2026-05-04T12:00:00.5Z" {
			t.Errorf("%s %s: got %s at %s, %v", tt.mode, tt.body, signature, timestamp, err)
		}
	}
}

func TestVerifyRequest(t *testing.T) {
	const body = `{"line_items":[{"id":"a","quantity":1}],"note":"<&>"}`
	both := []sign.Mode{sign.BodyMode, sign.BodyURLMode, sign.TimestampMode}
	for _, tt := range []struct {
		name   string
		modes  []sign.Mode
		change func(*sign.Request)
		want   string
	}{
		{"right", both, func(*sign.Request) {}, ""},
		{"right, optional", both, func(r *sign.Request) { r.Policy = sign.Optional }, ""},
		{"without padding", both, func(r *sign.Request) { r.Signature = strings.TrimRight(r.Signature, "=") }, ""},
		{"base64url", both, func(r *sign.Request) { r.Signature = strings.NewReplacer("+", "-", "/", "_").Replace(r.Signature) }, ""},
		{"base64url without padding", both, func(r *sign.Request) {
			r.Signature = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(r.Signature), "=")
		}, ""},
		{"another time zone", both, func(r *sign.Request) {
			r.Timestamp = now.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)
		}, ""},
		{"other member order", []sign.Mode{sign.TimestampMode}, func(r *sign.Request) {
			r.Body = []byte(`{ "note":"<&>", "line_items":[{"quantity":1.0,"id":"a"}]}`)
		}, ""},
		{"other member order", []sign.Mode{sign.BodyMode}, func(r *sign.Request) {
			r.Body = []byte(`{ "note":"<&>", "line_items":[{"quantity":1.0,"id":"a"}]}`)
		}, sign.CodeInvalidSignature},
		{"just fresh", both, func(r *sign.Request) { r.Now = now.Add(sign.Tolerance) }, ""},
		{"just not from the future", both, func(r *sign.Request) { r.Now = now.Add(-sign.Tolerance) }, ""},

		{"not looked at", both, func(r *sign.Request) { r.Policy, r.Signature = sign.Off, "rubbish" }, ""},
		{"not there, optional", both, func(r *sign.Request) { r.Policy, r.Signature = sign.Optional, "" }, ""},
		{"not there", both, func(r *sign.Request) { r.Signature = "" }, sign.CodeSignatureRequired},
		{"wrong, optional", both, func(r *sign.Request) { r.Policy, r.Body = sign.Optional, []byte(`{}`) }, sign.CodeInvalidSignature},
		{"altered body", both, func(r *sign.Request) { r.Body = []byte(strings.Replace(body, "1", "2", 1)) }, sign.CodeInvalidSignature},
		{"body dropped", both, func(r *sign.Request) { r.Body = nil }, sign.CodeInvalidSignature},
		{"wrong key", both, func(r *sign.Request) { r.Key = sign.SharedKey(sign.AnyMode, secret.New("other")) }, sign.CodeInvalidSignature},
		{"altered time", []sign.Mode{sign.TimestampMode}, func(r *sign.Request) { r.Timestamp = "2026-05-04T12:00:01Z" }, sign.CodeInvalidSignature},
		{"of the other mode", []sign.Mode{sign.TimestampMode}, func(r *sign.Request) { r.Key = sign.SharedKey(sign.BodyMode, key) }, sign.CodeInvalidSignature},
		{"of the other mode", []sign.Mode{sign.BodyMode}, func(r *sign.Request) { r.Key = sign.SharedKey(sign.TimestampMode, key) }, sign.CodeInvalidSignature},
		{"of this mode", []sign.Mode{sign.BodyMode}, func(r *sign.Request) { r.Key = sign.SharedKey(sign.BodyMode, key) }, ""},
		{"too short", both, func(r *sign.Request) { r.Signature = r.Signature[:20] }, sign.CodeInvalidSignature},
		{"not base64", both, func(r *sign.Request) { r.Signature = "*" + r.Signature[1:] }, sign.CodeInvalidSignature},
		{"far too long", both, func(r *sign.Request) { r.Signature = strings.Repeat("A", 1<<20) }, sign.CodeInvalidSignature},
		{"no time", both, func(r *sign.Request) { r.Timestamp = "" }, sign.CodeStaleTimestamp},
		{"a time that is none", both, func(r *sign.Request) { r.Timestamp = "1777896000" }, sign.CodeStaleTimestamp},
		{"a time that is too long", both, func(r *sign.Request) { r.Timestamp = strings.Repeat("2", 1<<20) }, sign.CodeStaleTimestamp},
		{"stale", both, func(r *sign.Request) { r.Now = now.Add(sign.Tolerance + 1) }, sign.CodeStaleTimestamp},
		{"fresh in a window of its own", both, func(r *sign.Request) { r.Window, r.Now = time.Hour, now.Add(time.Hour) }, ""},
		{"stale in a window of its own", both, func(r *sign.Request) { r.Window, r.Now = time.Minute, now.Add(time.Minute+1) }, sign.CodeStaleTimestamp},
		{"from the future of a window of its own", both, func(r *sign.Request) { r.Window, r.Now = time.Minute, now.Add(-time.Minute-1) }, sign.CodeStaleTimestamp},
		{"from the future", both, func(r *sign.Request) { r.Now = now.Add(-sign.Tolerance - 1) }, sign.CodeStaleTimestamp},
	} {
		for _, mode := range tt.modes {
			t.Run(tt.name+", "+string(mode), func(t *testing.T) {
				r := signed(t, mode, body, now)
				tt.change(&r)
				if got := code(t, sign.VerifyRequest(context.Background(), r)); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		}
	}
}

func TestFaultsOfTheConfigurationAreNotTheAgents(t *testing.T) {
	r := signed(t, sign.BodyMode, "{}", now)
	r.Key = sign.Key{}
	var e *acp.Error
	if err := sign.VerifyRequest(context.Background(), r); err == nil || errors.As(err, &e) {
		t.Errorf("no key: %v", err)
	}
	r = signed(t, sign.BodyMode, "{}", now)
	r.Policy = "sometimes"
	if err := sign.VerifyRequest(context.Background(), r); err == nil || errors.As(err, &e) {
		t.Errorf("no such policy: %v", err)
	}
	if _, _, err := sign.SignRequest(sign.TimestampMode, key, []byte("{"), now); !errors.Is(err, sign.ErrNotJSON) {
		t.Errorf("signing what is not JSON: %v", err)
	}
}

func TestReplays(t *testing.T) {
	ctx := context.Background()
	memory := sign.NewReplayMemory(10, func() time.Time { return now })
	verify := func(change func(*sign.Request)) string {
		r := signed(t, sign.TimestampMode, `{"a":1}`, now)
		r.Memory, r.IdempotencyKey = memory, "key_1"
		change(&r)
		return code(t, sign.VerifyRequest(ctx, r))
	}
	for _, tt := range []struct {
		name   string
		change func(*sign.Request)
		want   string
	}{
		{"first", func(*sign.Request) {}, ""},
		{"again under its key", func(*sign.Request) {}, ""},
		{"again under another key", func(r *sign.Request) { r.IdempotencyKey = "key_2" }, sign.CodeReplayedRequest},
		{"again without a key", func(r *sign.Request) { r.IdempotencyKey = "" }, sign.CodeReplayedRequest},
		{"again in other letters", func(r *sign.Request) {
			r.IdempotencyKey = "key_2"
			r.Signature = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(r.Signature), "=")
			r.Timestamp = now.In(time.FixedZone("", 7200)).Format(time.RFC3339Nano)
		}, sign.CodeReplayedRequest},
		{"of another credential", func(r *sign.Request) { r.CredentialID, r.IdempotencyKey = "cred_2", "key_2" }, ""},
		{"a wrong one is not remembered", func(r *sign.Request) { r.Body = []byte("{}") }, sign.CodeInvalidSignature},
	} {
		if got := verify(tt.change); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	other := func(key string) string {
		r := signed(t, sign.TimestampMode, `{"a":2}`, now)
		r.Memory, r.IdempotencyKey = memory, key
		return code(t, sign.VerifyRequest(ctx, r))
	}
	if first, again := other(""), other(""); first != "" || again != sign.CodeReplayedRequest {
		t.Errorf("a body without key: %q, then %q", first, again)
	}
	read := signed(t, sign.TimestampMode, "", now)
	read.Memory = memory
	for range 2 {
		if got := code(t, sign.VerifyRequest(ctx, read)); got != "" {
			t.Errorf("reading a session twice: %s", got)
		}
	}
}

// A request is remembered for as long as its time is taken.
func TestARequestIsRememberedForItsWindow(t *testing.T) {
	for window, want := range map[time.Duration]time.Duration{0: sign.Tolerance, time.Hour: time.Hour} {
		clock := now
		r := signed(t, sign.TimestampMode, "{}", now)
		r.Window, r.Memory = window, sign.NewReplayMemory(2, func() time.Time { return clock })
		for at, again := range []string{"", sign.CodeReplayedRequest} {
			clock = now.Add(time.Duration(at) * want)
			if r.Now = clock; code(t, sign.VerifyRequest(context.Background(), r)) != again {
				t.Errorf("a window of %v, after %v: not %q", window, clock.Sub(now), again)
			}
		}
	}
}

// What was taken in a short window is known in a longer one, if it is remembered
// for as long.
func TestARequestIsKnownWhenItsWindowHasGrown(t *testing.T) {
	for remembered, again := range map[time.Duration]string{0: "", sign.MaxWindow: sign.CodeReplayedRequest} {
		clock := now
		r := signed(t, sign.TimestampMode, "{}", now)
		r.Window, r.Remembered, r.Memory = time.Minute, remembered, sign.NewReplayMemory(2, func() time.Time { return clock })
		if got := code(t, sign.VerifyRequest(context.Background(), r)); got != "" {
			t.Fatal(got)
		}
		clock = now.Add(10 * time.Minute)
		if r.Now, r.Window = clock, sign.MaxWindow; code(t, sign.VerifyRequest(context.Background(), r)) != again {
			t.Errorf("remembered for %v: not %q", remembered, again)
		}
	}
}

func TestReplayMemoryIsBoundedAndForgets(t *testing.T) {
	ctx := context.Background()
	clock := now
	memory := sign.NewReplayMemory(2, func() time.Time { return clock })
	remember := func(i byte, expires time.Time) (bool, error) {
		return memory.Remember(ctx, "cred_1", [32]byte{i}, [32]byte{}, expires)
	}
	for i, after := range []time.Duration{2 * time.Minute, time.Minute} {
		if fresh, err := remember(byte(i), now.Add(after)); !fresh || err != nil {
			t.Fatalf("%d: %t, %v", i, fresh, err)
		}
	}
	_, err := remember(9, now.Add(time.Minute))
	if e := acp.AsError(err); err == nil || e.Status != 503 || e.RetryAfter == 0 {
		t.Errorf("a full memory: %v", err)
	}
	clock = now.Add(time.Minute + 1)
	if fresh, err := remember(9, clock.Add(time.Minute)); !fresh || err != nil {
		t.Errorf("after the first to expire has: %t, %v", fresh, err)
	}
	if fresh, err := remember(0, clock.Add(time.Minute)); fresh || err != nil {
		t.Errorf("one that has not: %t, %v", fresh, err)
	}
}

// A request signed by the client is accepted, until a byte of it changes.
func FuzzVerifyRequest(f *testing.F) {
	good := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, s := range []string{good, good[:43], "", "=", "-_", strings.Repeat("A", 300)} {
		f.Add(s, "2026-05-04T12:00:00Z", []byte(`{"a":1}`))
	}
	f.Add(good, "2026-05-04T12:00:00+99:99", []byte{})
	f.Add(good, "0000-00-00", []byte(`{"a":1,"a":1}`))
	f.Fuzz(func(t *testing.T, signature, timestamp string, body []byte) {
		r := sign.Request{Policy: sign.Required, Key: sign.SharedKey(sign.AnyMode, key), Body: body, Signature: signature, Timestamp: timestamp, Now: now}
		if code(t, sign.VerifyRequest(context.Background(), r)) == "" {
			t.Fatalf("forged: %q %q %q", signature, timestamp, body)
		}
		for _, mode := range []sign.Mode{sign.BodyMode, sign.TimestampMode} {
			var err error
			if r.Signature, r.Timestamp, err = sign.SignRequest(mode, key, body, now); err != nil {
				if !errors.Is(err, sign.ErrNotJSON) {
					t.Fatal(err)
				}
				continue
			}
			if got := code(t, sign.VerifyRequest(context.Background(), r)); got != "" {
				t.Fatalf("%s refused its own %q: %s", mode, body, got)
			}
		}
	})
}

func ExampleSignRequest() {
	body := []byte(`{"line_items":[{"id":"item_1"}]}`)
	_, timestamp, err := sign.SignRequest(sign.TimestampMode, secret.New("whsec_test"), body, time.Unix(1777896000, 0))
	fmt.Println(timestamp, err)
	// Output: 2026-05-04T12:00:00Z <nil>
}
