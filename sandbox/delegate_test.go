package sandbox

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

func TestDelegatePaymentIssuesToken(t *testing.T) {
	d := openDesk(t)
	r := d.do("POST", "/agentic_commerce/delegate_payment", delegateBody("4242424242424242", "cs_1"),
		"Authorization", "Bearer "+agentKey, "API-Version", newest, "Idempotency-Key", "idem-1", "Request-Id", "req-from-agent")
	if r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	if !strings.HasPrefix(r.str("id"), "vt_") || strings.Trim(r.str("id")[3:], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		t.Errorf("id %q does not look like vt_…", r.str("id"))
	}
	if len(r.body) != 3 {
		t.Errorf("the answer has other fields than id, created, metadata: %s", r.raw)
	}
	meta := r.body["metadata"].(map[string]any)
	if meta["merchant_id"] != shop || meta["idempotency_key"] != "idem-1" || meta["source"] != "test" {
		t.Errorf("metadata %v", meta)
	}
	if created, err := time.Parse(time.RFC3339, r.str("created")); err != nil || !created.Equal(testNow) {
		t.Errorf("created %q", r.str("created"))
	}
	for name, want := range map[string]string{"Request-Id": "req-from-agent", "Idempotency-Key": "idem-1", "Idempotent-Replayed": "", "Cache-Control": "no-store"} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	view := d.merchant("GET", "/v1/tokens/"+r.str("id"), "")
	if view.str("state") != "active" || view.num("max_amount") != 1000 || view.body["card"].(map[string]any)["last4"] != "4242" {
		t.Errorf("token: %s", view.raw)
	}
}

// DP-02 and DP-03: what is wrong is refused, and param says where it is.
func TestDelegatePaymentValidation(t *testing.T) {
	d := openDesk(t)
	valid := delegateBody("4242424242424242", "cs_1")
	for _, c := range []struct {
		name, old, new string
		status         int
		param          string
	}{
		{"no payment method", `"payment_method"`, `"x"`, 400, "$.payment_method"},
		{"payment method of another type", `"type": "card",`, `"type": "wallet",`, 400, "$.payment_method.type"},
		{"type is a number", `"type": "card",`, `"type": 1,`, 400, "$.payment_method.type"},
		{"no number", `"number"`, `"numero"`, 400, "$.payment_method.number"},
		{"number is a number", `"4242424242424242"`, `4242424242424242`, 400, "$.payment_method.number"},
		{"number fails Luhn", `4242424242424242`, `4242424242424241`, 422, "$.payment_method.number"},
		{"number has letters", `4242424242424242`, `4242x24242424242`, 422, "$.payment_method.number"},
		{"number is no test card", `4242424242424242`, `4539578763621486`, 422, "$.payment_method.number"},
		{"unknown number type", `"fpan"`, `"pan"`, 400, "$.payment_method.card_number_type"},
		{"unknown funding", `"credit"`, `"cash"`, 400, "$.payment_method.display_card_funding_type"},
		{"no card metadata", `"metadata": {}}`, `"m": {}}`, 400, "$.payment_method.metadata"},
		{"card metadata holds a number", `"metadata": {}}`, `"metadata": {"a": 1}}`, 400, "$.payment_method.metadata"},
		{"month 13", `"exp_month": "11"`, `"exp_month": "13"`, 422, "$.payment_method.exp_month"},
		{"month of one digit", `"exp_month": "11"`, `"exp_month": "1"`, 422, "$.payment_method.exp_month"},
		{"month of three digits", `"exp_month": "11"`, `"exp_month": "011"`, 400, "$.payment_method.exp_month"},
		{"year of two digits", `"2027"`, `"27"`, 422, "$.payment_method.exp_year"},
		{"year of five digits", `"2027"`, `"20270"`, 400, "$.payment_method.exp_year"},
		{"month without year", `"exp_year": "2027",`, ``, 400, "$.payment_method.exp_year"},
		{"expired", `"2027"`, `"2025"`, 422, "$.payment_method.exp_year"},
		{"cvc too long", testCVC, `93711`, 400, "$.payment_method.cvc"},
		{"cvc of letters", testCVC, `abc`, 422, "$.payment_method.cvc"},
		{"eci too long", `"cvc"`, `"eci_value": "005", "cvc"`, 400, "$.payment_method.eci_value"},
		{"iin too long", `"cvc"`, `"iin": "424242424", "cvc"`, 400, "$.payment_method.iin"},
		{"last4 of letters", `"display_last4": "4242"`, `"display_last4": "42a2"`, 400, "$.payment_method.display_last4"},
		{"unknown check", `"cvc"`, `"checks_performed": ["avs", "xyz"], "cvc"`, 400, "$.payment_method.checks_performed[1]"},
		{"virtual is a text", `"cvc"`, `"virtual": "no", "cvc"`, 400, "$.payment_method.virtual"},
		{"no allowance", `"allowance"`, `"allow"`, 400, "$.allowance"},
		{"recurring", `"one_time"`, `"recurring"`, 400, "$.allowance.reason"},
		{"amount zero", `"max_amount": 1000`, `"max_amount": 0`, 400, "$.allowance.max_amount"},
		{"amount with a fraction", `"max_amount": 1000`, `"max_amount": 10.5`, 400, "$.allowance.max_amount"},
		{"amount beyond the range", `"max_amount": 1000`, `"max_amount": 9007199254740993`, 400, "$.allowance.max_amount"},
		{"amount is a text", `"max_amount": 1000`, `"max_amount": "1000"`, 400, "$.allowance.max_amount"},
		{"upper-case currency", `"usd"`, `"USD"`, 400, "$.allowance.currency"},
		{"no such currency", `"usd"`, `"zzz"`, 422, "$.allowance.currency"},
		{"no session", `"checkout_session_id": "cs_1"`, `"checkout_session_id": ""`, 400, "$.allowance.checkout_session_id"},
		{"merchant id too long", shop, strings.Repeat("m", 257), 400, "$.allowance.merchant_id"},
		{"unknown merchant", shop, "nobody", 422, "$.allowance.merchant_id"},
		{"expiry is a date", `"2026-05-01T13:00:00Z"`, `"2026-05-01"`, 400, "$.allowance.expires_at"},
		{"expiry is now", `"2026-05-01T13:00:00Z"`, `"2026-05-01T12:00:00Z"`, 422, "$.allowance.expires_at"},
		{"address without city", `"metadata": {"source"`, `"billing_address": {"name": "Test Buyer", "line_one": "1 Road", "state": "", "country": "US", "postal_code": "1"}, "metadata": {"source"`, 400, "$.billing_address.city"},
		{"address with a country name", `"metadata": {"source"`, `"billing_address": {"name": "Test Buyer", "line_one": "1 Road", "city": "X", "state": "", "country": "USA", "postal_code": "1"}, "metadata": {"source"`, 400, "$.billing_address.country"},
		{"no risk signals", `"risk_signals"`, `"signals"`, 400, "$.risk_signals"},
		{"risk signal without score", `"score": 5, `, ``, 400, "$.risk_signals[0].score"},
		{"unknown risk action", `"authorized"`, `"maybe"`, 400, "$.risk_signals[0].action"},
		{"no metadata", `"metadata": {"source": "test"}`, `"m": 1`, 400, "$.metadata"},
		{"card number in metadata", `"source": "test"`, `"source": "4242 4242-4242 4242"`, 422, "$.metadata"},
		{"card number as session", `"cs_1"`, `"4242424242424242"`, 422, "$.allowance.checkout_session_id"},
		{"not an object", valid, `[]`, 400, "$"},
		{"not JSON", valid, `{"payment_method":`, 400, ""},
		{"nested without end", valid, strings.Repeat("[", 20000), 400, ""},
		{"a name twice", `"metadata": {"source"`, `"metadata": {}, "metadata": {"source"`, 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := strings.Replace(valid, c.old, c.new, 1)
			if body == valid {
				t.Fatal("the case changes nothing")
			}
			r := d.delegate(newest, d.freshKey(), body)
			r.want(t, c.status, codeInvalidCard)
			if r.str("param") != c.param || r.str("type") != "invalid_request" || r.str("message") == "" {
				t.Errorf("got %s, want param %q", r.raw, c.param)
			}
		})
	}
}

func TestDelegatePaymentTolerates(t *testing.T) {
	d := openDesk(t)
	valid := delegateBody("4242424242424242", "cs_1")
	for name, change := range map[string][2]string{
		"unknown fields":           {`"metadata": {"source"`, `"handler_id": "x", "extra": {"a": [1]}, "metadata": {"source"`},
		"no risk signal":           {`{"type": "card_testing", "score": 5, "action": "authorized"}`, ``},
		"amounts written as 1e3":   {`"max_amount": 1000`, `"max_amount": 1.0e3`},
		"a card without an expiry": {`"exp_month": "11", "exp_year": "2027",`, ``},
		"null for what is absent":  {`"cvc"`, `"iin": null, "cvc"`},
		"the last day of the card": {`"2027"`, `"2026"`},
	} {
		t.Run(name, func(t *testing.T) {
			if r := d.delegate(newest, d.freshKey(), strings.Replace(valid, change[0], change[1], 1)); r.status != http.StatusCreated {
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	}
}

func TestDelegatePaymentVersions(t *testing.T) {
	d := openDesk(t)
	body := delegateBody("4242424242424242", "cs_1")
	changed := strings.Replace(body, "1000", "999", 1)
	noRisk := strings.Replace(body, `{"type": "card_testing", "score": 5, "action": "authorized"}`, ``, 1)
	for _, ed := range editions {
		t.Run(string(ed.version), func(t *testing.T) {
			v, key := string(ed.version), d.freshKey()
			if r := d.delegate(v, key, body); r.status != http.StatusCreated {
				t.Fatalf("%d %s", r.status, r.raw)
			}
			d.delegate(v, key, changed).want(t, ed.conflict, codeConflict)

			if r := d.delegate(v, "", body); ed.keyOptional {
				if r.status != http.StatusCreated {
					t.Errorf("without a key: %d %s", r.status, r.raw)
				}
			} else {
				r.want(t, 400, codeKeyRequired)
			}
			if r := d.delegate(v, d.freshKey(), noRisk); v == newest {
				if r.status != http.StatusCreated {
					t.Errorf("without risk signals: %d %s", r.status, r.raw)
				}
			} else {
				r.want(t, 400, codeInvalidCard)
			}
		})
	}
	for version, code := range map[string]string{"": "missing_api_version", "2024-01-01": "unsupported_api_version", "latest": "unsupported_api_version"} {
		r := d.delegate(version, "k", body)
		r.want(t, 400, code)
		if list, _ := r.body["supported_versions"].([]any); len(list) != len(editions) || list[0] != newest {
			t.Errorf("supported_versions: %s", r.raw)
		}
	}
}

func TestDelegatePaymentIsIdempotent(t *testing.T) {
	d := openDesk(t)
	body := delegateBody("4242424242424242", "cs_1")
	first := d.delegate(newest, "idem", body)

	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	reordered, err := encode(value)
	if err != nil {
		t.Fatal(err)
	}
	again := d.delegate(newest, "idem", strings.Replace(string(reordered), `1000`, `1000.0`, 1))
	if again.status != 201 || again.raw != first.raw || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("replay: %d %s, first %s", again.status, again.raw, first.raw)
	}

	// The answer to a key is the answer, also when it was no and would be yes now.
	bad := strings.Replace(body, "2026-05-01T13", "2026-05-01T11", 1)
	d.delegate(newest, "idem-bad", bad).want(t, 422, codeInvalidCard)
	if r := d.delegate(newest, "idem-bad", bad); r.status != 422 || r.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("replay of a refusal: %d %v", r.status, r.header)
	}
	d.delegate(newest, "idem-bad", body).want(t, 422, codeConflict)

	// null is not absent.
	d.delegate(newest, "idem", strings.Replace(body, `"cvc"`, `"iin": null, "cvc"`, 1)).want(t, 422, codeConflict)

	// A forgotten key is a new one.
	d.advance(KeyRetention)
	if r := d.delegate(newest, "idem", body); r.status == 201 || r.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("a key was remembered beyond its retention: %d %s", r.status, r.raw)
	}
}

func TestDelegatePaymentInFlight(t *testing.T) {
	d := openDesk(t)
	held, release := make(chan struct{}), make(chan struct{})
	d.wait = func(time.Duration) error { close(held); <-release; return nil }
	d.merchant("POST", "/v1/test/faults", `{"next": "delay_before_commit", "on": "delegate", "delay_ms": 1}`)
	body := delegateBody("4242424242424242", "cs_1")

	var wg sync.WaitGroup
	var first result
	wg.Go(func() { first = d.delegate(newest, "idem", body) })
	<-held
	r := d.delegate(newest, "idem", body)
	r.want(t, 409, codeInFlight)
	if r.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", r.header.Get("Retry-After"))
	}
	d.delegate("2025-09-29", "idem", body).want(t, 409, codeDuplicate)
	d.delegate(newest, "idem", strings.Replace(body, "1000", "900", 1)).want(t, 422, codeConflict)
	close(release)
	wg.Wait()
	if first.status != 201 {
		t.Errorf("the first request got %d %s", first.status, first.raw)
	}
	if again := d.delegate(newest, "idem", body); again.raw != first.raw {
		t.Errorf("replay %s, first %s", again.raw, first.raw)
	}
}

func TestDoorIsClosedByDefault(t *testing.T) {
	d := openDesk(t)
	for _, rt := range d.routes() {
		if rt.callers == anyone {
			continue
		}
		path := strings.NewReplacer("{id}", "x", "{reference}", "x").Replace(rt.path)
		for _, auth := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + agentKey, agentKey} {
			d.do(rt.method, path, "{}", "Authorization", auth, "API-Version", newest, "Idempotency-Key", "k").want(t, 401, codeUnauthorized)
		}
		for who, key := range map[caller]string{agent: agentKey, merchant: merchantKey} {
			if rt.callers&who == 0 {
				d.do(rt.method, path, "{}", "Authorization", "Bearer "+key, "API-Version", newest, "Idempotency-Key", "k").want(t, 401, codeUnauthorized)
			}
		}
	}
}

func TestRequestLimits(t *testing.T) {
	d := openDesk(t)
	auth := []string{"Authorization", "Bearer " + agentKey, "API-Version", newest}
	path := "/agentic_commerce/delegate_payment"
	d.do("POST", path, `{"a": "`+strings.Repeat("x", MaxBody)+`"}`, append(auth, "Idempotency-Key", "k")...).want(t, 413, "request_too_large")
	d.do("POST", path, `{}`, append(auth, "Idempotency-Key", strings.Repeat("k", MaxKey+1))...).want(t, 400, codeKeyRequired)
	d.do("POST", path, `{}`, append(auth, "Idempotency-Key", "k", "Content-Type", "text/plain")...).want(t, 415, "unsupported_media_type")
	d.do("GET", path, ``, auth...).want(t, 405, "method_not_allowed")
	d.do("GET", "/nowhere", ``, auth...).want(t, 404, codeNotFound)
	if r := d.do("GET", "/healthz", ""); r.status != 200 || r.str("psp") != DefaultName {
		t.Errorf("health: %d %s", r.status, r.raw)
	}
}

func TestRulesOfDelegatedPayment(t *testing.T) {
	d := openDesk(t)
	body := delegateBody("4242424242424242", "cs_1")
	send := func(body, signature, at string) result {
		return d.do("POST", "/agentic_commerce/delegate_payment", body, "Authorization", "Bearer "+agentKey, "API-Version", newest, "Idempotency-Key", d.freshKey(),
			"Signature", signature, "Timestamp", at)
	}
	t.Run("DP-07 a signature, where one was agreed on", func(t *testing.T) {
		d.signature = secret.New("a-secret-for-signatures")
		defer func() { d.signature = secret.String{} }()
		send(body, "", "").want(t, 401, sign.CodeSignatureRequired)
		for _, mode := range []sign.Mode{sign.BodyMode, sign.BodyURLMode, sign.TimestampMode} {
			body := delegateBody("4242424242424242", "cs_"+string(mode)) // another each time: the same again would be a replay
			signature, at, err := sign.SignRequest(mode, d.signature, []byte(body), d.now())
			if err != nil {
				t.Fatal(err)
			}
			if at == "" {
				at = d.now().Format(time.RFC3339)
			}
			send(strings.Replace(body, "1000", "999", 1), signature, at).want(t, 401, sign.CodeInvalidSignature)
			send(body, signature, d.now().Add(-10*time.Minute).Format(time.RFC3339)).want(t, 401, sign.CodeStaleTimestamp)
			send(body, signature, d.now().Add(10*time.Minute).Format(time.RFC3339)).want(t, 401, sign.CodeStaleTimestamp)
			if r := send(body, signature, at); r.status != 201 {
				t.Errorf("%s: %d %s", mode, r.status, r.raw)
			}
		}
	})
	t.Run("DP-07 what fails is flat, and says when to come again", func(t *testing.T) {
		for fault, status := range map[FaultKind]int{FaultRateLimited: 429, FaultUnavailable: 503, FaultErrorBefore: 500} {
			d.merchant("POST", "/v1/test/faults", `{"next": "`+string(fault)+`", "on": "delegate"}`)
			r := d.delegate(newest, d.freshKey(), body)
			if r.status != status || r.str("type") == "" || r.str("code") == "" || r.str("message") == "" || r.body["error"] != nil {
				t.Errorf("%s: %d %s", fault, r.status, r.raw)
			}
			if wait := r.header.Get("Retry-After"); status != 500 && wait == "" {
				t.Errorf("%s: Retry-After %q", fault, wait)
			}
		}
	})
	t.Run("DP-08 what was judged too risky does not pay", func(t *testing.T) {
		r := d.delegate(newest, d.freshKey(), strings.Replace(body, "authorized", "blocked", 1))
		d.merchant("POST", "/v1/charges", chargeBody(r.str("id"), "cs_1", "pay_risky")).want(t, 402, "risk_blocked")
		d.wantCharges("cs_1", 0, 0)
	})
}

// What a card may hold differs by version, as the schemas do: of two sources of
// a version that differ, the wider one.
func TestEachVersionBoundsTheCard(t *testing.T) {
	d := openDesk(t)
	valid := delegateBody("4242424242424242", "cs_1")
	for version, c := range map[string]struct {
		iin        int
		shortLast4 bool
	}{
		"2025-09-12": {6, true}, "2025-09-29": {8, true}, "2025-12-12": {6, true}, "2026-01-16": {8, true}, "2026-01-30": {6, false}, "2026-04-17": {8, false}, "unreleased": {8, false},
	} {
		with := func(old, changed string) result {
			return d.delegate(version, "key "+version+changed, strings.Replace(valid, old, changed, 1))
		}
		with(`"cvc"`, `"iin": "`+"42424242"[:c.iin]+`", "cvc"`).want(t, 201, "")
		if r := with(`"cvc"`, `"iin": "`+"424242424"[:c.iin+1]+`", "cvc"`); r.status != 400 || r.str("param") != "$.payment_method.iin" {
			t.Errorf("%s: an iin of %d: %d %s", version, c.iin+1, r.status, r.raw)
		}
		if r := with(`"display_last4": "4242"`, `"display_last4": "42"`); (r.status == 201) != c.shortLast4 {
			t.Errorf("%s: two of the last four digits: %d %s", version, r.status, r.raw)
		}
	}
}
