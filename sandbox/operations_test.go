package sandbox

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestHoldCaptureVoidRefund(t *testing.T) {
	d := openDesk(t)
	hold := func(session string) string {
		r := d.merchant("POST", "/v1/charges", chargeBody("tok_visa", session, "pay_"+session, "capture", false))
		if r.str("status") != "authorized" || r.num("amount_captured") != 0 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
		return "/v1/charges/" + r.str("id")
	}
	post := func(path, body string) result { t.Helper(); return d.merchant("POST", path, body) }

	one := hold("cs_1")
	post(one+"/refund", "").want(t, 409, codeNotPossible)
	post(one+"/capture", `{"amount": 1001}`).want(t, 422, "amount_too_large")
	post(one+"/capture", `{"amount": 0}`).want(t, 400, "invalid")
	if r := post(one+"/capture", `{"amount": 700}`); r.str("status") != "captured" || r.num("amount_captured") != 700 {
		t.Fatalf("%s", r.raw)
	}
	post(one+"/capture", "").want(t, 409, codeNotPossible)
	post(one+"/void", "").want(t, 409, codeNotPossible)

	key := d.freshKey()
	first := d.merchantWith(key, "POST", one+"/refund", `{"amount": 300, "reason": "returned"}`)
	if first.status != 201 || first.num("amount") != 300 || first.str("status") != "succeeded" {
		t.Fatalf("%d %s", first.status, first.raw)
	}
	if again := d.merchantWith(key, "POST", one+"/refund", `{"amount": 300, "reason": "returned"}`); again.raw != first.raw {
		t.Errorf("replay %s", again.raw)
	}
	post(one+"/refund", `{"amount": 401}`).want(t, 422, "amount_too_large")
	if r := post(one+"/refund", ""); r.num("amount") != 400 {
		t.Errorf("the rest: %s", r.raw)
	}
	post(one+"/refund", "").want(t, 409, codeNotPossible)

	two := hold("cs_2")
	if r := post(two+"/void", ""); r.str("status") != "voided" {
		t.Errorf("%s", r.raw)
	}
	post(two+"/capture", "").want(t, 409, codeNotPossible)
	post("/v1/charges/ch_unknown/capture", "").want(t, 404, codeNotFound)

	l := d.merchant("GET", "/v1/ledger?checkout_session_id=cs_1", "")
	total := l.body["totals"].([]any)[0].(map[string]any)
	if l.num("charges") != 1 || total["captured"] != 700.0 || total["refunded"] != 700.0 {
		t.Errorf("ledger %s", l.raw)
	}
	d.wantCharges("cs_2", 0, 0)
}

func TestSummaryNamesDoubleCharges(t *testing.T) {
	d := openDesk(t)
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1"))
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_2", "pay_2"))
	d.merchant("POST", "/v1/charges", chargeBody("tok_amex", "cs_2", "pay_3"))
	r := d.merchant("GET", "/v1/ledger/summary", "")
	if fmt.Sprint(r.body["charged_twice"]) != "[cs_2]" || r.num("sessions") != 2 || r.num("attempts") != 3 {
		t.Errorf("%s", r.raw)
	}
	if r := d.merchant("GET", "/v1/ledger?checkout_session_id=cs_none", ""); r.num("attempts") != 0 || r.status != 200 {
		t.Errorf("%s", r.raw)
	}
	d.merchant("GET", "/v1/ledger", "").want(t, 400, "invalid")
}

// Whatever is asked of a token and its charges, in whatever order, the ledger
// agrees with a model of three numbers.
func TestLedgerFollowsModel(t *testing.T) {
	fewerChecks(t, "10") // every step is a durable transaction behind HTTP
	d := openDesk(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		session := fmt.Sprintf("cs_model_%d", run)
		token := d.token("4242424242424242", session)
		var charge string
		var status Status
		var captured, refunded int64
		n := 0
		rt.Repeat(map[string]func(*rapid.T){
			"charge": func(rt *rapid.T) {
				n++
				amount := rapid.Int64Range(1, 1200).Draw(rt, "amount")
				now := rapid.Bool().Draw(rt, "capture")
				r := d.merchant("POST", "/v1/charges", chargeBody(token, session, fmt.Sprintf("%s_%d", session, n), "amount", amount, "capture", now))
				if want := status == "" && amount <= 1000; (r.status == 201) != want {
					rt.Fatalf("charge of %d in status %q: %d %s", amount, status, r.status, r.raw)
				}
				if r.status == 201 {
					charge, status = "/v1/charges/"+r.str("id"), Authorized
					if now {
						status, captured = Captured, amount
					}
				}
			},
			"capture": func(rt *rapid.T) {
				if charge == "" {
					rt.Skip()
				}
				amount := rapid.Int64Range(1, 1200).Draw(rt, "amount")
				if r := d.merchant("POST", charge+"/capture", fmt.Sprintf(`{"amount": %d}`, amount)); r.status == 200 {
					if status != Authorized {
						rt.Fatalf("captured in status %s", status)
					}
					status, captured = Captured, amount
				}
			},
			"void": func(rt *rapid.T) {
				if charge == "" {
					rt.Skip()
				}
				if r := d.merchant("POST", charge+"/void", ""); r.status == 200 {
					if status != Authorized {
						rt.Fatalf("voided in status %s", status)
					}
					status = Voided
				}
			},
			"refund": func(rt *rapid.T) {
				if charge == "" {
					rt.Skip()
				}
				amount := rapid.Int64Range(1, 500).Draw(rt, "amount")
				r := d.merchant("POST", charge+"/refund", fmt.Sprintf(`{"amount": %d}`, amount))
				if want := status == Captured && amount <= captured-refunded; (r.status == 201) != want {
					rt.Fatalf("refund of %d from %d-%d in %s: %d", amount, captured, refunded, status, r.status)
				}
				if r.status == 201 {
					refunded += amount
				}
			},
			"": func(rt *rapid.T) {
				l := d.ledger(session)
				var gotCaptured, gotRefunded int64
				for _, total := range l.Totals {
					gotCaptured, gotRefunded = gotCaptured+total.Captured, gotRefunded+total.Refunded
				}
				want := 0
				if status.TakesMoney() {
					want = 1
				}
				if l.Charges != want || gotCaptured != captured || gotRefunded != refunded {
					rt.Fatalf("ledger %+v, model %s %d %d", l, status, captured, refunded)
				}
			},
		})
	})
}

// fewerChecks lowers rapid's number of checks for one test, unless the command
// line says something else than the default.
func fewerChecks(t *testing.T, n string) {
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return
	}
	old := f.Value.String()
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
}

// A shop that asks what became of a move, and closes its reference on a no, can
// rely on the no; and a reference moves money once, whatever the key.
func TestMovesAreFoundByReference(t *testing.T) {
	d := openDesk(t)
	charge := d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_1", "pay_1")).str("id")
	refund := func(key, reference, sent string) result {
		t.Helper()
		h := []string{"Authorization", "Bearer " + merchantKey, "Idempotency-Key", key}
		if sent != "" {
			h = append(h, "Sent-At", sent)
		}
		return d.do("POST", "/v1/charges/"+charge+"/refund", fmt.Sprintf(`{"amount": 100, "reference": %q}`, reference), h...)
	}
	const before, closing, after = "2026-05-01T12:00:00.000000001Z", "2026-05-01T12:00:00.000000002Z", "2026-05-01T12:00:00.000000003Z"
	r := d.merchant("POST", "/v1/references/op_1/close?merchant_id="+shop, `{"sent_before": "`+closing+`"}`)
	if r.body["closed"] != true {
		t.Errorf("close: %s", r.raw)
	}
	refund("k1", "op_1", before).want(t, 409, codeReferenceClosed)
	made := refund("k1", "op_1", after)
	if made.status != 201 || made.str("reference") != "op_1" {
		t.Fatalf("sent again: %d %s", made.status, made.raw)
	}
	refund("k2", "op_1", after).want(t, 409, codeReferenceInUse)
	for _, r := range []result{
		d.merchant("GET", "/v1/charges?reference=op_1&merchant_id="+shop, ""),
		d.merchant("POST", "/v1/references/op_1/close?merchant_id="+shop, ""), // only tells of it
	} {
		list := r.body["operations"].([]any)
		op := list[0].(map[string]any)
		if len(list) != 1 || op["id"] != made.str("id") || op["charge"] != charge || op["kind"] != "refund" || op["amount"] != 100.0 || op["currency"] != "usd" {
			t.Errorf("%s", r.raw)
		}
	}
	if r := d.merchant("GET", "/v1/charges?reference=op_1&merchant_id="+otherShop, ""); r.body["operations"] != nil {
		t.Errorf("another account is told: %s", r.raw)
	}
	if l := d.ledger("cs_1"); l.List[0].Refunded != 100 {
		t.Errorf("refunded %d", l.List[0].Refunded)
	}
}
