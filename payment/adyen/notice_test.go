package adyen_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
)

func TestWebhooksSay(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	unsigned := func(m map[string]any) { delete(m["amount"].(map[string]any), "value") }
	for _, c := range []struct {
		name string
		item map[string]any
		want payment.Notice // of its fields those that differ from case to case
	}{
		{"a payment is captured", event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassCaptured, Amount: 1999, Captured: 1999, Currency: "usd"}}},
		{"a payment is held", event("AUTHORISATION", "P1", "", "pay_1-held", 1999, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassAuthorized, Amount: 1999, Currency: "usd"}}},
		{"a payment is refused", event("AUTHORISATION", "P1", "", "pay_1", 1999, "USD", false),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassDeclined, DeclineCode: "Not enough balance", Amount: 1999, Currency: "usd"}}},
		{"a page is paid", event("AUTHORISATION", "P1", "", "pay_1-page", 1999, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassCaptured, Amount: 1999, Captured: 1999, Currency: "usd"}}},
		{"a page is paid and the money held", event("AUTHORISATION", "P1", "", "pay_1-page-held", 1999, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassAuthorized, Amount: 1999, Currency: "usd"}}},
		{"a try on a page is refused, and the buyer may try again", event("AUTHORISATION", "P1", "", "pay_1-page", 1999, "USD", false),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Result: payment.Result{Class: payment.ClassUnknown, DeclineCode: "Not enough balance", Amount: 1999, Currency: "usd"}}},
		{"a capture is done", event("CAPTURE", "O1", "P1", "op_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpCapture, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassCaptured, Amount: 500, Captured: 500, Currency: "usd"}}},
		{"a capture is refused", event("CAPTURE", "O1", "P1", "op_1", 500, "USD", false),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpCapture, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassDeclined, DeclineCode: "Not enough balance", Amount: 500, Currency: "usd"}}},
		{"a capture fails later", event("CAPTURE_FAILED", "O1", "P1", "op_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpCapture, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassDeclined, Amount: 500, Currency: "usd"}}},
		{"a void is done", event("CANCELLATION", "O1", "P1", "op_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpVoid, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassVoided, Amount: 500, Currency: "usd"}}},
		{"a void by reference is done", event("TECHNICAL_CANCEL", "O1", "P1", "op_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpVoid, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassVoided, Amount: 500, Currency: "usd"}}},
		{"a refund is done", event("REFUND", "O1", "P1", "op_1", 500, "JPY", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpRefund, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassRefunded, Amount: 500, Currency: "jpy"}}},
		{"a refund fails later", event("REFUND_FAILED", "O1", "P1", "op_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpRefund, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassDeclined, Amount: 500, Currency: "usd"}}},
		{"a refund comes back", event("REFUNDED_REVERSED", "O1", "P1", "op_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpRefund, Reference: "op_1", PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassDeclined, Amount: 500, Currency: "usd"}}},
		{"a hold expires", event("EXPIRE", "P1", "", "pay_1-held", 500, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassVoided, Amount: 500, Currency: "usd"}}},
		{"a refund made in the Customer Area has no reference of ours", event("REFUND", "O1", "P1", "pay_1", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpRefund, PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassRefunded, Amount: 500, Currency: "usd"}}},
		{"nor has one with what somebody typed", event("REFUND", "O1", "P1", "sorry", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpRefund, PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassRefunded, Amount: 500, Currency: "usd"}}},
		{"a capture made there", event("CAPTURE", "O1", "P1", "pay_1-held", 500, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpCapture, PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassCaptured, Amount: 500, Captured: 500, Currency: "usd"}}},
		{"a hold that was canceled there has ended", event("CANCELLATION", "O1", "P1", "pay_1-held", 1999, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassVoided, PSPRef: "P1", Amount: 1999, Currency: "usd"}}},
		{"whatever somebody typed", event("CANCELLATION", "O1", "P1", "sorry", 1999, "USD", true),
			payment.Notice{PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassVoided, PSPRef: "P1", Amount: 1999, Currency: "usd"}}},
		{"a cancellation there that failed", event("CANCELLATION", "O1", "P1", "pay_1-held", 1999, "USD", false),
			payment.Notice{Subject: payment.AboutOperation, OpKind: payment.OpVoid, PSPRef: "P1", OpRef: "O1", Final: true, Result: payment.Result{Class: payment.ClassDeclined, DeclineCode: "Not enough balance", Amount: 1999, Currency: "usd"}}},
		{"a reversal there is one or the other", event("CANCEL_OR_REFUND", "O1", "P1", "pay_1", 1999, "USD", true),
			payment.Notice{Subject: payment.AboutOperation, PSPRef: "P1", OpRef: "O1", Result: payment.Result{Class: payment.ClassUnknown}}},
		{"a review is for the log", event("MANUAL_REVIEW_REJECT", "R1", "P1", "pay_1", 1999, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Result: payment.Result{Class: payment.ClassUnknown, PSPRef: "P1"}}},
		{"a word that is new is for the log", event("WEATHER", "O1", "", "pay_1", 500, "USD", true),
			payment.Notice{Reference: "pay_1", PSPRef: "O1", Result: payment.Result{Class: payment.ClassUnknown}}},
		{"pesos are counted with two decimals", event("AUTHORISATION", "P1", "", "pay_1", 50000, "CLP", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Final: true, Result: payment.Result{Class: payment.ClassCaptured, Amount: 500, Captured: 500, Currency: "clp"}}},
		{"an amount that is no amount", event("AUTHORISATION", "P1", "", "pay_1", 50001, "CLP", true),
			payment.Notice{Reference: "pay_1", PSPRef: "P1", Result: payment.Result{Class: payment.ClassUnknown, DeclineCode: "unreadable_amount"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			want.Kind = c.item["eventCode"].(string)
			want.At = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
			psp := c.item["pspReference"].(string)
			want.ID = want.Kind + ":" + psp + ":" + c.item["success"].(string)
			if want.Result.RequestID = psp; want.Result.PSPRef == "" {
				want.Result.PSPRef = psp
			}
			notices, _, err := p.ReceiveWebhook(adyentest.Webhook("false", c.item))
			if err != nil || len(notices) != 1 {
				t.Fatalf("%+v, %v", notices, err)
			}
			notices[0].At = notices[0].At.UTC()
			if !notices[0].Final && want.Result.Currency == "" {
				notices[0].Result.Amount, notices[0].Result.Currency = 0, ""
			}
			if diff := cmp.Diff(want, notices[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
	// An amount that is missing is missing under the signature too.
	m := event("AUTHORISATION", "P1", "", "pay_1", 1, "USD", true, unsigned)
	m["additionalData"] = map[string]any{"hmacSignature": adyentest.Sign(adyentest.HMACKey, "P1", "", adyentest.MerchantAccount, "pay_1", "", "USD", "AUTHORISATION", "true")}
	notices, _, err := p.ReceiveWebhook(adyentest.Webhook("false", m))
	if err != nil || len(notices) != 1 || notices[0].Final {
		t.Errorf("without an amount: %+v, %v", notices, err)
	}
}

// A dispute keeps its id through all that happens to it, and is decided only by
// what nobody can come back from.
func TestWebhooksOfADispute(t *testing.T) {
	p := adapter(t, config("http://127.0.0.1:1"))
	for code, want := range map[string]struct {
		state payment.DisputeState
		final bool
	}{
		"NOTIFICATION_OF_CHARGEBACK":        {payment.DisputeOpen, false},
		"CHARGEBACK":                        {payment.DisputeOpen, false},
		"INFORMATION_SUPPLIED":              {payment.DisputeOpen, false},
		"CHARGEBACK_REVERSED":               {payment.DisputeWon, false},
		"ISSUER_RESPONSE_TIMEFRAME_EXPIRED": {payment.DisputeWon, true},
		"PREARBITRATION_WON":                {payment.DisputeWon, true},
		"PREARBITRATION_ISSUER_WITHDRAWN":   {payment.DisputeWon, true},
		"PREARBITRATION_LOST":               {payment.DisputeLost, false},
		"SECOND_CHARGEBACK":                 {payment.DisputeLost, false},
		"SCHEME_ARBITRATION_WON":            {payment.DisputeWon, true},
		"SCHEME_ARBITRATION_LOST":           {payment.DisputeLost, true},
		"DISPUTE_DEFENSE_PERIOD_ENDED":      {payment.DisputeLost, true},
	} {
		for _, success := range []bool{true, false} {
			if !success {
				want.state, want.final = payment.DisputeOpen, false
			}
			notices, _, err := p.ReceiveWebhook(adyentest.Webhook("false", event(code, "D1", "P1", "pay_1", 1999, "USD", success)))
			if err != nil || len(notices) != 1 {
				t.Fatalf("%s: %+v, %v", code, notices, err)
			}
			n := notices[0]
			if n.Subject != payment.AboutDispute || n.OpRef != "D1" || n.PSPRef != "P1" || n.Reference != "pay_1" || n.Dispute != want.state || n.Final != want.final ||
				n.Result.Class != payment.ClassUnknown || n.Result.Amount != 1999 || n.Result.Currency != "usd" {
				t.Errorf("%s, success %v: %+v", code, success, n)
			}
		}
	}
}

// What people do in the Customer Area, and what time does, is told as what it
// is.
func TestWebhooksOfWhatOthersDo(t *testing.T) {
	for name, c := range map[string]struct {
		mode  payment.CaptureMode
		do    func(psp *adyentest.Fake, ref string)
		about payment.Subject
		kind  payment.OpKind
		class payment.Class
		left  int64
	}{
		"a hold runs out":   {payment.CaptureLater, func(psp *adyentest.Fake, ref string) { psp.ExpireHold(ref) }, payment.AboutPayment, "", payment.ClassVoided, 0},
		"a hold is voided":  {payment.CaptureLater, func(psp *adyentest.Fake, ref string) { psp.CancelElsewhere(ref) }, payment.AboutPayment, "", payment.ClassVoided, 0},
		"a hold is taken":   {payment.CaptureLater, func(psp *adyentest.Fake, ref string) { psp.CaptureElsewhere(ref, 1999) }, payment.AboutOperation, payment.OpCapture, payment.ClassCaptured, 1999},
		"a sale goes back":  {payment.CaptureNow, func(psp *adyentest.Fake, ref string) { psp.RefundElsewhere(ref, 1999) }, payment.AboutOperation, payment.OpRefund, payment.ClassRefunded, 0},
		"a refund too much": {payment.CaptureNow, func(psp *adyentest.Fake, ref string) { psp.RefundElsewhere(ref, 2000) }, payment.AboutOperation, payment.OpRefund, payment.ClassDeclined, 1999},
	} {
		psp, p, op := paid(t, payment.OpCapture, c.mode)
		c.do(psp, op.PSPRef)
		n := received(t, p, psp)
		want := map[payment.Subject]string{payment.AboutPayment: "pay_1"}[c.about]
		if len(n) != 1 || n[0].Subject != c.about || n[0].OpKind != c.kind || n[0].PSPRef != op.PSPRef || n[0].Reference != want || n[0].Result.Class != c.class || !n[0].Final ||
			(c.about == payment.AboutPayment) != (n[0].OpRef == "") {
			t.Errorf("%s: %+v", name, n)
		}
		if got := psp.BooksOf(reference(c.mode)); got.Taken != c.left {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
