package server_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

// under is a request under a key.
func (r request) under(key string) request {
	r.head = map[string]string{"Idempotency-Key": key}
	return r
}

func (v dialect) mismatch() int { return map[bool]int{true: 422, false: 409}[v.keyed()] }

func TestRulesOfIdempotency(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	create := func(v dialect, body any) request {
		return request{method: "POST", path: "/checkout_sessions", version: v, body: body}
	}
	replayed := func(t *testing.T, first, again answer) {
		t.Helper()
		if again.status != first.status || string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("first %d %s\nagain %d %s", first.status, first.body, again.status, again.body)
		}
	}
	eachVersion(t, "IDM-01 writing needs a key from 2026-04-17 on", func(t *testing.T, v dialect) {
		s, other := m.ready(t, v), m.ready(t, v)
		for path, body := range map[string]any{"": v.order(line("ok", 1)), "/" + s.text("id"): object{"buyer": v.buyer()},
			"/" + other.text("id") + "/complete": v.paying(s, "tok_visa"), "/" + m.ready(t, v).text("id") + "/cancel": nil} {
			r := request{method: "POST", path: "/checkout_sessions" + path, version: v, body: body}.under("")
			if a := m.send(t, r); !v.keyed() && a.status >= 300 || v.keyed() && (a.status != 400 || a.text("code") != "idempotency_key_required") {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
	eachVersion(t, "IDM-02, IDM-03, IDM-07 the same again is the same bytes, whatever its headers", func(t *testing.T, v dialect) {
		r := create(v, v.order(line("ok", 1))).under(m.freshKey())
		first := m.send(t, r).want(t, 201)
		for _, more := range []map[string]string{nil, {"Accept-Language": "de"}, {"User-Agent": "other/2"}, {"Request-Id": "another"}} {
			for name, value := range more {
				r.head[name] = value
			}
			replayed(t, first, m.send(t, r))
		}
	})
	eachVersion(t, "IDM-04, IDM-15 another body is a conflict, which loses nothing", func(t *testing.T, v dialect) {
		r := create(v, v.order(line("ok", 1))).under(m.freshKey())
		first := m.send(t, r).want(t, 201)
		other := r
		other.body = v.order(line("ok", 2))
		m.send(t, other).refused(t, v.mismatch(), "idempotency_conflict", "")
		replayed(t, first, m.send(t, r))
	})
	eachVersion(t, "IDM-05, IDM-06 what is the same JSON is the same body; null and order are not", func(t *testing.T, v dialect) {
		items, rest := v.items(), ""
		if !v.flat() {
			rest = `,"currency":"usd","capabilities":{}`
		}
		r := create(v, `{"`+items+`":[{"id":"ok","quantity":1},{"id":"other","quantity":2}]`+rest+`}`).under(m.freshKey())
		first := m.send(t, r).want(t, 201)
		for _, same := range []string{
			`{ "` + items + `" : [ {"quantity":1.0, "id":"ok"}, {"id":"\u006fther","quantity":0.2e1} ] ` + rest + "}\n",
			`{"` + items + `":[{"id":"ok","quantity":10e-1},{"id":"other","quantity":2.00}]` + rest + `}`,
		} {
			r.body = same
			replayed(t, first, m.send(t, r))
		}
		for _, other := range []string{
			`{"` + items + `":[{"id":"other","quantity":2},{"id":"ok","quantity":1}]` + rest + `}`,
			`{"` + items + `":[{"id":"ok","quantity":1},{"id":"other","quantity":2}]` + rest + `,"buyer":null}`,
			`{"` + items + `":[{"id":"ok","quantity":1},{"id":"other","quantity":2}]` + rest + `,"x_ext":1}`,
		} {
			r.body = other
			m.send(t, r).refused(t, v.mismatch(), "idempotency_conflict", "")
		}
	})
	eachVersion(t, "IDM-08 a key is of one path and one caller", func(t *testing.T, v dialect) {
		key := m.freshKey()
		first := m.send(t, create(v, v.order(line("ok", 1))).under(key)).want(t, 201)
		second := create(v, v.order(line("ok", 1))).under(key)
		second.bearer = m.issueFor(t, dollars)
		if m.send(t, second).want(t, 201).text("id") == first.text("id") {
			t.Error("another caller got the answer")
		}
		for _, r := range []request{
			{method: "POST", path: "/checkout_sessions/" + first.text("id"), body: object{"buyer": v.buyer()}},
			{method: "POST", path: "/checkout_sessions/" + first.text("id") + "/complete", body: v.paying(first, "tok_visa")},
			{method: "POST", path: "/checkout_sessions/" + first.text("id") + "/cancel"},
		} {
			r.version = v
			if a := m.send(t, r.under(key)); a.header.Get("Idempotent-Replayed") != "" || a.text("code") == "idempotency_conflict" {
				t.Errorf("%s: %d %s", r.path, a.status, a.body)
			}
		}
		escaped := request{method: "POST", path: "/checkout_sessions/" + strings.Replace(first.text("id"), "cs_", "%63s_", 1) + "/cancel", version: v}.under(key)
		if m.send(t, escaped).header.Get("Idempotent-Replayed") != "true" {
			t.Error("the same path, written otherwise, is another")
		}
	})
	eachVersion(t, "IDM-09 a request that is being carried out says so, and may come again", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		letGo := m.counter.keep()
		defer letGo()
		r := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))}.under(m.freshKey())
		var first answer
		var wg sync.WaitGroup
		wg.Go(func() { first = m.exchange(t, m.url, r) })
		for m.get(t, v, s.text("id")).text("status") != v.choose("in_progress", "complete_in_progress") {
			time.Sleep(5 * time.Millisecond)
		}
		if a := m.send(t, r).refused(t, 409, "idempotency_in_flight", ""); a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		m.update(t, v, s.text("id"), object{"buyer": v.buyer()}).refused(t, 409, "conflict", "")
		m.cancel(t, v, s.text("id"), nil).refused(t, 409, "conflict", "")
		letGo()
		wg.Wait()
		replayed(t, first.want(t, 200).is(t, "completed"), m.send(t, r))
	})
	eachVersion(t, "IDM-10 an old answer comes again after the session has moved on", func(t *testing.T, v dialect) {
		c := create(v, v.order(line("ok", 1))).under(m.freshKey())
		s := m.send(t, c).want(t, 201)
		u := request{method: "POST", path: "/checkout_sessions/" + s.text("id"), version: v, body: v.selecting(s, "express")}.under(m.freshKey())
		updated := m.send(t, u).want(t, 200)
		x := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/cancel", version: v}.under(m.freshKey())
		canceled := m.send(t, x).want(t, 200)
		replayed(t, s, m.send(t, c))
		replayed(t, updated, m.send(t, u))
		replayed(t, canceled, m.send(t, x)) // §7-20: the replay comes before the state
		m.get(t, v, s.text("id")).is(t, "canceled")
	})
	eachVersion(t, "IDM-13 a key is kept for a day", func(t *testing.T, v dialect) {
		r := create(v, v.order(line("ok", 1))).under(m.freshKey())
		first := m.send(t, r).want(t, 201)
		m.clock.Advance(24*time.Hour - time.Minute)
		replayed(t, first, m.exchange(t, m.url, r))
		m.clock.Advance(2 * time.Minute)
		if again := m.send(t, r).want(t, 201); again.text("id") == first.text("id") {
			t.Error("it is kept for longer than it says")
		}
	})
	eachVersion(t, "IDM-14 a key has 1 to 255 characters", func(t *testing.T, v dialect) {
		m.send(t, create(v, v.order(line("ok", 1))).under(string(v)+strings.Repeat("k", 255-len(v)))).want(t, 201)
		for _, key := range []string{strings.Repeat("k", 256), "caf\u00e9", "tab\tkey"} {
			m.send(t, create(v, v.order(line("ok", 1))).under(key)).refused(t, 400, "invalid", "")
		}
	})
	eachVersion(t, "IDM-16 a refusal comes again as it was", func(t *testing.T, v dialect) {
		s := m.ready(t, v)
		r := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: v.paying(s, m.token(t, m.pays(s, card(sandbox.Decline))))}.under(m.freshKey())
		declined := m.send(t, r).want(t, 200).is(t, "ready_for_payment")
		m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).want(t, 200).is(t, "completed")
		replayed(t, declined, m.send(t, r))
		u := request{method: "POST", path: "/checkout_sessions/" + s.text("id"), version: v, body: object{"buyer": v.buyer()}}.under(m.freshKey())
		replayed(t, m.send(t, u).refused(t, 409, "conflict", ""), m.send(t, u))
	})
}

// fault makes the PSP misbehave.
func (m *market) fault(t testing.TB, body string) {
	t.Helper()
	m.exchange(t, m.pspURL, request{method: "POST", path: "/v1/test/faults", body: body, bearer: m.secrets["key of charges"]}).want(t, 201)
}

func TestRulesOfSignatures(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	key := secret.New(m.secrets["signature key"])
	policies := map[string]string{}
	for _, policy := range []string{credential.SignatureOff, credential.SignatureOptional, credential.SignatureRequired} {
		policies[policy] = m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, SignaturePolicy: policy, SignatureSecret: key})
	}
	// signed is a create request that was signed a while ago.
	signed := func(t *testing.T, v dialect, policy string, mode sign.Mode, age time.Duration) request {
		t.Helper()
		r := request{method: "POST", path: "/checkout_sessions", version: v, body: string(bytesOf(t, v.order(line("ok", 1)))), bearer: policies[policy]}.under(m.freshKey())
		signature, timestamp, err := sign.SignRequest(mode, key, bytesOf(t, r.body), m.clock.Now().Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		r.head["Signature"], r.head["Timestamp"] = signature, timestamp
		return r
	}
	modes := []sign.Mode{sign.BodyMode, sign.TimestampMode}

	eachVersion(t, "SIG-01 what is signed rightly is taken, under every policy and in both modes", func(t *testing.T, v dialect) {
		for policy := range policies {
			for _, mode := range modes {
				m.send(t, signed(t, v, policy, mode, 0)).want(t, 201)
				m.send(t, signed(t, v, policy, mode, 299*time.Second)).want(t, 201)
				m.send(t, signed(t, v, policy, mode, -299*time.Second)).want(t, 201)
			}
		}
	})
	eachVersion(t, "SIG-01 what is wrong is 401, unless nobody looks", func(t *testing.T, v dialect) {
		for _, mode := range modes {
			for name, spoil := range map[string]func(r *request) string{
				"altered": func(r *request) string { r.body = r.body.(string) + " "; return "" },
				"other goods": func(r *request) string {
					r.body = strings.Replace(r.body.(string), "ok", "other", 1)
					return "invalid_signature"
				},
				"no base64":     func(r *request) string { r.head["Signature"] = "???"; return "invalid_signature" },
				"too short":     func(r *request) string { r.head["Signature"] = r.head["Signature"][:20]; return "invalid_signature" },
				"too long":      func(r *request) string { r.head["Signature"] = strings.Repeat("A", 5000); return "invalid_signature" },
				"no time":       func(r *request) string { r.head["Timestamp"] = ""; return "stale_timestamp" },
				"no such time":  func(r *request) string { r.head["Timestamp"] = "yesterday"; return "stale_timestamp" },
				"unix time":     func(r *request) string { r.head["Timestamp"] = "1767225600"; return "stale_timestamp" },
				"ten minutes":   func(r *request) string { *r = signed(t, v, "", mode, 10*time.Minute); return "stale_timestamp" },
				"in the future": func(r *request) string { *r = signed(t, v, "", mode, -10*time.Minute); return "stale_timestamp" },
				"another key": func(r *request) string {
					signature, timestamp, err := sign.SignRequest(mode, secret.New("not-the-key"), bytesOf(t, r.body), m.clock.Now())
					must(t, err)
					r.head["Signature"], r.head["Timestamp"] = signature, timestamp
					return "invalid_signature"
				},
			} {
				for policy, bearer := range policies {
					r := signed(t, v, policy, mode, 0)
					code := spoil(&r)
					r.bearer = bearer
					switch a := m.send(t, r); {
					case code == "" && mode == sign.BodyMode && policy != "off":
						a.refused(t, 401, "invalid_signature", "") // the bytes count
					case code == "" || policy == "off":
						a.want(t, 201) // white space is not part of the canonical form
					default:
						if a.status != 401 || a.text("code") != code {
							t.Errorf("%s, %s, %s: %d %s", name, policy, mode, a.status, a.body)
						}
					}
				}
			}
		}
	})
	eachVersion(t, "SIG-01 no signature is refused where one is required", func(t *testing.T, v dialect) {
		for policy, bearer := range policies {
			for _, r := range []request{{method: "POST", path: "/checkout_sessions", body: v.order(line("ok", 1))}, {method: "GET", path: "/checkout_sessions/cs_nobody"}} {
				r.version, r.bearer = v, bearer
				a := m.send(t, r)
				if (a.status == 401) != (policy == "required") || a.status == 401 && a.text("code") != "signature_required" {
					t.Errorf("%s: %d %s", policy, a.status, a.body)
				}
			}
		}
	})
	eachVersion(t, "SIG-02 base64 and base64url, padded or not", func(t *testing.T, v dialect) {
		for _, mode := range modes {
			for _, rewrite := range []*strings.Replacer{strings.NewReplacer(), strings.NewReplacer("=", ""), strings.NewReplacer("+", "-", "/", "_"), strings.NewReplacer("+", "-", "/", "_", "=", "")} {
				r := signed(t, v, "required", mode, 0)
				r.head["Signature"] = rewrite.Replace(r.head["Signature"])
				m.send(t, r).want(t, 201)
			}
		}
	})
	eachVersion(t, "SIG-03 a failed signature uses no key up", func(t *testing.T, v dialect) {
		r := signed(t, v, "required", sign.TimestampMode, 0)
		right := r.head["Signature"]
		r.head["Signature"] = strings.Repeat("A", 43) + "="
		m.send(t, r).refused(t, 401, "invalid_signature", "")
		r.head["Signature"] = right
		if a := m.send(t, r).want(t, 201); a.header.Get("Idempotent-Replayed") != "" {
			t.Error("the refusal was stored")
		}
	})
	eachVersion(t, "a captured request is refused under another key or none, and answered as before under its own", func(t *testing.T, v dialect) {
		for _, mode := range modes {
			r := signed(t, v, "required", mode, 0)
			first := m.send(t, r).want(t, 201)
			if again := m.send(t, r).want(t, 201); string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s became %s", first.body, again.body)
			}
			own := r.head["Idempotency-Key"]
			r.head["Idempotency-Key"] = m.freshKey()
			m.send(t, r).refused(t, 401, "replayed_request", "")
			if !v.keyed() {
				r.head["Idempotency-Key"] = ""
				m.send(t, r).refused(t, 401, "replayed_request", "")
			}
			r.head["Idempotency-Key"] = own
			m.send(t, r).want(t, 201)
		}
	})
	eachVersion(t, "reading is signed too, over nothing, as often as one likes", func(t *testing.T, v dialect) {
		s := m.send(t, signed(t, v, "required", sign.TimestampMode, 0)).want(t, 201)
		for _, mode := range modes {
			signature, timestamp, err := sign.SignRequest(mode, key, nil, m.clock.Now())
			must(t, err)
			r := request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: v, bearer: policies["required"], head: map[string]string{"Signature": signature, "Timestamp": timestamp}}
			for range 3 {
				m.send(t, r).want(t, 200)
			}
		}
	})
	t.Run("a whole purchase is signed", func(t *testing.T) {
		v := dialect(acp.V20260417)
		s := m.send(t, signed(t, v, "required", sign.TimestampMode, 0)).want(t, 201)
		body := string(bytesOf(t, v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve))))))
		signature, timestamp, err := sign.SignRequest(sign.TimestampMode, key, []byte(body), m.clock.Now())
		must(t, err)
		r := request{method: "POST", path: "/checkout_sessions/" + s.text("id") + "/complete", version: v, body: body, bearer: policies["required"]}.under(m.freshKey())
		r.head["Signature"], r.head["Timestamp"] = signature, timestamp
		m.send(t, r).want(t, 200).is(t, "completed")
		r.head["Idempotency-Key"] = m.freshKey()
		m.send(t, r).refused(t, 401, "replayed_request", "")
	})
}
