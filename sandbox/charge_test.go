package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTestCardsDecideTheOutcome(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	for _, card := range TestCards() {
		t.Run(string(card.Outcome)+"/"+card.Last4(), func(t *testing.T) {
			if !validPAN(card.Number) {
				t.Fatal("the test card fails Luhn")
			}
			session := "cs_" + card.Number[:6] + card.Last4()
			token := d.token(card.Number, session)
			body, key := chargeBody(token, session, "pay_"+token), d.freshKey()
			r := d.merchantWith(key, "POST", "/v1/charges", body)

			v, refuses := verdicts[card.Outcome]
			switch {
			case refuses:
				r.want(t, http.StatusPaymentRequired, v.decline)
				d.wantCharges(session, 0, 0)
				if got := d.merchant("GET", "/v1/tokens/"+token, ""); got.str("state") != "active" {
					t.Errorf("a decline used the token up: %s", got.raw)
				}
			case card.Outcome == DropAfterCommit:
				if !r.lost {
					t.Fatalf("the answer was not lost: %s", r.raw)
				}
				d.wantCharges(session, 1, 1000)
			case card.Outcome == ErrorAfterCommit:
				r.want(t, 500, "internal_error")
				d.wantCharges(session, 1, 1000)
			default:
				if r.status != http.StatusCreated || r.str("status") != "captured" || r.num("amount_captured") != 1000 {
					t.Fatalf("%d %s", r.status, r.raw)
				}
				d.wantCharges(session, 1, 1000)
			}

			// The same request again gets an answer, and charges nothing more.
			before := d.ledger(session)
			again := d.merchantWith(key, "POST", "/v1/charges", body)
			if again.lost || again.status >= 500 || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("replay: %d %v %s", again.status, again.lost, again.raw)
			}
			if after := d.ledger(session); after.Attempts != before.Attempts {
				t.Errorf("the replay made a charge: %+v", after)
			}
		})
	}
}

func TestStaticTokensAreReusable(t *testing.T) {
	d := openDesk(t)
	for _, s := range StaticTokens() {
		for n, currency := range []string{"usd", "eur", "jpy"} {
			session := fmt.Sprintf("cs_%s_%d", s.Token, n)
			body, key := chargeBody(s.Token, session, "pay_"+session, "currency", currency, "amount", 123456), d.freshKey()
			r := d.merchantWith(key, "POST", "/v1/charges", body)
			if v, refuses := verdicts[s.Outcome]; refuses {
				r.want(t, 402, v.decline)
				continue
			}
			if r.status != 201 {
				t.Fatalf("%s: %d %s", s.Token, r.status, r.raw)
			}
			if again := d.merchantWith(key, "POST", "/v1/charges", body); again.raw != r.raw {
				t.Errorf("%s: replay %s", s.Token, again.raw)
			}
			d.wantCharges(session, 1, 123456)
		}
	}
}

// DP-04: a token is good for its merchant, session, time, currency and amount,
// once. The reasons come in that order.
func TestTokenIsBoundToItsAllowance(t *testing.T) {
	t.Run("DP-04 a token pays within its allowance, and before its end", func(t *testing.T) {
		const card = "4242424242424242"
		for _, c := range []struct {
			name   string
			change []any
			setup  func(d *desk, token string)
			code   string
		}{
			{name: "another token", change: []any{"token", "vt_unknown"}, code: codeTokenUnknown},
			{name: "another merchant", change: []any{"merchant_id", otherShop, "checkout_session_id", "cs_2"}, code: codeTokenMerchant},
			{name: "another session", change: []any{"checkout_session_id", "cs_2", "currency", "eur"}, code: codeTokenSession},
			{name: "another currency", change: []any{"currency", "eur", "amount", 5000}, code: codeCurrency},
			{name: "a larger amount", change: []any{"amount", 1001}, code: codeAmount},
			{name: "too late", setup: func(d *desk, _ string) { d.advance(time.Hour) }, code: codeTokenExpired},
			{name: "revoked by the agent", setup: func(d *desk, token string) {
				r := d.do("POST", "/v1/tokens/"+token+"/revoke", "", "Authorization", "Bearer "+agentKey)
				if r.str("state") != "revoked" {
					d.t.Errorf("revoke: %s", r.raw)
				}
			}, code: codeTokenRevoked},
			{name: "used", setup: func(d *desk, token string) {
				d.merchant("POST", "/v1/charges", chargeBody(token, "cs_1", "pay_first"))
			}, code: codeTokenUsed},
			{name: "held and given back", setup: func(d *desk, token string) {
				r := d.merchant("POST", "/v1/charges", chargeBody(token, "cs_1", "pay_first", "capture", false))
				d.merchant("POST", "/v1/charges/"+r.str("id")+"/void", "")
			}, code: codeTokenUsed},
		} {
			t.Run(c.name, func(t *testing.T) {
				d := openDesk(t)
				token := d.token(card, "cs_1")
				if c.setup != nil {
					c.setup(d, token)
				}
				d.merchant("POST", "/v1/charges", chargeBody(token, "cs_1", "pay_1", c.change...)).want(t, 422, c.code)
				if found := d.merchant("GET", "/v1/charges?reference=pay_1&merchant_id="+shop, ""); strings.Contains(found.raw, `"id"`) {
					t.Errorf("a refused token left a charge: %s", found.raw)
				}
			})
		}
		t.Run("a token survives a refusal and the second before its end", func(t *testing.T) {
			d := openDesk(t)
			token := d.token(card, "cs_1")
			d.merchant("POST", "/v1/charges", chargeBody(token, "cs_1", "pay_1", "amount", 1001)).want(t, 422, codeAmount)
			d.advance(time.Hour - time.Second)
			if r := d.merchant("POST", "/v1/charges", chargeBody(token, "cs_1", "pay_2")); r.status != 201 {
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	})
}

func TestBlockedRiskSignalDeclines(t *testing.T) {
	d := openDesk(t)
	body := strings.Replace(delegateBody("4242424242424242", "cs_1"), "authorized", "blocked", 1)
	r := d.delegate(newest, d.freshKey(), body)
	d.merchant("POST", "/v1/charges", chargeBody(r.str("id"), "cs_1", "pay_1")).want(t, 402, "risk_blocked")
	d.wantCharges("cs_1", 0, 0)
}

func TestChargeValidation(t *testing.T) {
	d := openDesk(t)
	for name, c := range map[string]struct {
		change []any
		status int
		param  string
	}{
		"no token":              {[]any{"token", ""}, 400, "$.token"},
		"no amount":             {[]any{"amount", nil}, 400, "$.amount"},
		"amount zero":           {[]any{"amount", 0}, 400, "$.amount"},
		"a fraction":            {[]any{"amount", 1.5}, 400, "$.amount"},
		"upper-case currency":   {[]any{"currency", "USD"}, 400, "$.currency"},
		"no session":            {[]any{"checkout_session_id", nil}, 400, "$.checkout_session_id"},
		"no reference":          {[]any{"reference", ""}, 400, "$.reference"},
		"capture is a text":     {[]any{"capture", "yes"}, 400, "$.capture"},
		"a long descriptor":     {[]any{"statement_descriptor", strings.Repeat("x", 23)}, 400, "$.statement_descriptor"},
		"another's merchant id": {[]any{"merchant_id", "nobody"}, 403, "$.merchant_id"},
	} {
		r := d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1", c.change...))
		if r.status != c.status || r.str("param") != c.param {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	d.do("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1"), "Authorization", "Bearer "+merchantKey).want(t, 400, codeKeyRequired)
	d.wantCharges("cs_1", 0, 0)
}

func TestChargeKeyAndReference(t *testing.T) {
	d := openDesk(t)
	body := chargeBody("tok_visa", "cs_1", "pay_1")
	first := d.merchantWith("k", "POST", "/v1/charges", body)
	d.merchantWith("k", "POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_2")).want(t, 422, codeConflict)
	d.merchantWith("k2", "POST", "/v1/charges", body).want(t, 409, codeReferenceInUse)
	d.wantCharges("cs_1", 1, 1000)

	found := d.merchant("GET", "/v1/charges?reference=pay_1&merchant_id="+shop, "")
	list := found.body["charges"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["id"] != first.str("id") || found.body["closed"] != false {
		t.Errorf("lookup: %s", found.raw)
	}
	if byID := d.merchant("GET", "/v1/charges/"+first.str("id"), ""); byID.raw != first.raw {
		t.Errorf("by id: %s", byID.raw)
	}
	d.merchant("GET", "/v1/charges?merchant_id="+shop, "").want(t, 400, "invalid")
	d.merchant("GET", "/v1/charges?reference=pay_1", "").want(t, 400, "invalid")
	d.merchant("GET", "/v1/charges?reference=pay_1&merchant_id=nobody", "").want(t, 403, codeForbidden)
	d.merchant("GET", "/v1/charges/ch_unknown", "").want(t, 404, codeNotFound)
	d.merchant("GET", "/v1/tokens/vt_unknown", "").want(t, 404, codeNotFound)
}

// A shop that was told "there is no charge, and there will be none" can rely on
// it, though its request arrives afterwards.
func TestClosedReferenceRefusesALateCharge(t *testing.T) {
	d := openDesk(t)
	r := d.merchant("POST", "/v1/references/pay_1/close?merchant_id="+shop, "")
	if r.status != 200 || r.body["closed"] != true {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1")).want(t, 409, codeReferenceClosed)
	d.wantCharges("cs_1", 0, 0)

	// What is sent again after the closing is another matter, under the same key.
	const closing = "2026-05-01T12:00:00.000000005Z"
	d.merchant("POST", "/v1/references/pay_3/close?merchant_id="+shop, `{"sent_before": "`+closing+`"}`)
	for _, sent := range []struct {
		at     string
		status int
	}{{"", 409}, {"2026-05-01T12:00:00.000000004Z", 409}, {closing, 409}, {"yesterday", 400}} {
		r := d.do("POST", "/v1/charges", chargeBody("tok_visa", "cs_3", "pay_3"),
			"Authorization", "Bearer "+merchantKey, "Idempotency-Key", "k3-"+sent.at, "Sent-At", sent.at)
		if r.status != sent.status {
			t.Errorf("sent at %q: %d %s", sent.at, r.status, r.raw)
		}
	}
	d.wantCharges("cs_3", 0, 0)
	r = d.do("POST", "/v1/charges", chargeBody("tok_visa", "cs_3", "pay_3"),
		"Authorization", "Bearer "+merchantKey, "Idempotency-Key", "k3-"+closing, "Sent-At", "2026-05-01T12:00:00.000000006Z")
	if r.status != 201 {
		t.Errorf("sent again: %d %s", r.status, r.raw)
	}
	d.wantCharges("cs_3", 1, 1000)

	// Where a charge is, closing only tells of it.
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_2", "pay_2"))
	r = d.merchant("POST", "/v1/references/pay_2/close?merchant_id="+shop, "")
	if r.body["closed"] != false || len(r.body["charges"].([]any)) != 1 {
		t.Errorf("%s", r.raw)
	}
}

func TestFiftyChargesUnderOneKeyAreOne(t *testing.T) {
	d := openDesk(t)
	token := d.token("4242424242424242", "cs_1")
	body := chargeBody(token, "cs_1", "pay_1")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if r := d.merchantWith("k", "POST", "/v1/charges", body); r.status != 201 && r.status != 409 {
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	}
	wg.Wait()
	d.wantCharges("cs_1", 1, 1000)
	if l := d.ledger("cs_1"); l.Attempts != 1 {
		t.Errorf("%d rows", l.Attempts)
	}
}

func TestFiftyChargesOfOneTokenAreOne(t *testing.T) {
	d := openDesk(t)
	token := d.token("4242424242424242", "cs_1")
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			r := d.merchant("POST", "/v1/charges", chargeBody(token, "cs_1", fmt.Sprint("pay_", i)))
			if r.status != 201 && r.str("code") != codeTokenUsed {
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	}
	wg.Wait()
	d.wantCharges("cs_1", 1, 1000)
}

func TestSlowCardIsProcessingMeanwhile(t *testing.T) {
	d := openDesk(t)
	held, release := make(chan time.Duration, 1), make(chan struct{})
	d.wait = func(by time.Duration) error { held <- by; <-release; return nil }
	token := d.token("4000000000000077", "cs_1")
	body := chargeBody(token, "cs_1", "pay_1")

	var wg sync.WaitGroup
	var first result
	wg.Go(func() { first = d.merchantWith("k", "POST", "/v1/charges", body) })
	if by := <-held; by != DefaultSlow {
		t.Errorf("it waits %v", by)
	}
	found := d.merchant("GET", "/v1/charges?reference=pay_1&merchant_id="+shop, "")
	if !strings.Contains(found.raw, `"status":"processing"`) {
		t.Errorf("lookup: %s", found.raw)
	}
	d.merchantWith("k", "POST", "/v1/charges", body).want(t, 409, codeInFlight)
	d.merchantWith("k2", "POST", "/v1/charges", chargeBody(token, "cs_1", "pay_2")).want(t, 422, codeTokenUsed)
	close(release)
	wg.Wait()
	if first.status != 201 || first.str("status") != "captured" {
		t.Fatalf("%d %s", first.status, first.raw)
	}
	if again := d.merchantWith("k", "POST", "/v1/charges", body); again.raw != first.raw {
		t.Errorf("replay %s", again.raw)
	}
	d.wantCharges("cs_1", 1, 1000)
}

// What was committed outlives the process, and what was being processed is
// finished by the next one, under the same key.
func TestRestartFinishesWhatWasProcessing(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return ErrClosed }
	token := d.token("4000000000000077", "cs_1")
	body := chargeBody(token, "cs_1", "pay_1")
	d.merchantWith("k", "POST", "/v1/charges", body).want(t, 503, "service_unavailable")
	d.wantCharges("cs_1", 1, 0)
	d.stop()
	d.start()
	d.wantCharges("cs_1", 1, 1000)
	r := d.merchantWith("k", "POST", "/v1/charges", body)
	if r.status != 201 || r.str("status") != "captured" || r.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d %s", r.status, r.raw)
	}
	d.wantCharges("cs_1", 1, 1000)
}

func TestFaults(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	for _, c := range []struct {
		fault  FaultKind
		lost   bool
		status int
		done   int // charges after the faulty answer
	}{
		{FaultDropBefore, true, 0, 0},
		{FaultDropAfter, true, 0, 1},
		{FaultErrorBefore, false, 500, 0},
		{FaultErrorAfter, false, 500, 1},
		{FaultUnavailable, false, 503, 0},
		{FaultRateLimited, false, 429, 0},
		{FaultDelayBefore, false, 201, 1},
		{FaultDelayAfter, false, 201, 1},
		{FaultWrongAmount, false, 201, 1},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			session, key := "cs_"+string(c.fault), d.freshKey()
			body := chargeBody("tok_visa", session, "pay_"+string(c.fault))
			if r := d.merchant("POST", "/v1/test/faults", fmt.Sprintf(`{"next": %q, "delay_ms": 5}`, c.fault)); r.status != 201 {
				t.Fatalf("%d %s", r.status, r.raw)
			}
			r := d.merchantWith(key, "POST", "/v1/charges", body)
			if r.lost != c.lost || r.status != c.status {
				t.Errorf("lost %v, status %d %s", r.lost, r.status, r.raw)
			}
			if got := d.ledger(session).Charges; got != c.done {
				t.Errorf("%d charges, want %d", got, c.done)
			}
			// The fault is over; the same request now tells the truth.
			r = d.merchantWith(key, "POST", "/v1/charges", body)
			if r.status != 201 || r.num("amount") != 1000 {
				t.Errorf("afterwards: %d %s", r.status, r.raw)
			}
			d.wantCharges(session, 1, 1000)
		})
	}
}

func TestFaultSwitch(t *testing.T) {
	d := openDesk(t)
	for name, body := range map[string]string{
		"$.next":     `{"next": "explode"}`,
		"$.on":       `{"next": "wrong_amount", "on": "lookup"}`,
		"$.count":    `{"next": "unavailable", "count": 0}`,
		"$.delay_ms": `{"next": "delay_after_commit"}`,
	} {
		r := d.merchant("POST", "/v1/test/faults", body)
		if r.status != 400 || r.str("param") != name {
			t.Errorf("%s: %d %s", body, r.status, r.raw)
		}
	}
	d.merchant("POST", "/v1/test/faults", `{"next": "unavailable", "on": "lookup", "count": 2}`)
	d.stop()
	d.start() // it is kept
	for _, status := range []int{503, 503, 200} {
		if r := d.merchant("GET", "/v1/charges?reference=x&merchant_id="+shop, ""); r.status != status {
			t.Errorf("got %d, want %d", r.status, status)
		}
	}
	d.merchant("POST", "/v1/test/faults", `{"next": "unavailable", "count": 2}`)
	if r := d.merchant("GET", "/v1/test/faults", ""); len(r.body["faults"].([]any)) != 1 {
		t.Errorf("%s", r.raw)
	}
	d.merchant("DELETE", "/v1/test/faults", "")
	if r := d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1")); r.status != 201 {
		t.Errorf("a cleared fault struck: %d", r.status)
	}
}
