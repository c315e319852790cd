package braintree_test

import (
	"net/http"
	"testing"

	"github.com/checkstand/checkstand/payment"
)

func TestNotices(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureNow)
	early := w.Notice("transaction_disbursed", x.ref) // told before, arrives last
	w.Settle(x.ref)
	refund := x.operate(t, x.op(payment.OpRefund, "1", 500), payment.ClassRefunded, "")

	for _, c := range []struct {
		name string
		body []byte
		want payment.Notice
	}{
		{"settled", w.Notice("transaction_settled", x.ref), payment.Notice{ID: "transaction_settled:" + x.ref + ":settled", Reference: "pay_1", PSPRef: x.ref,
			Kind: "transaction_settled", Final: true, Result: payment.Result{Class: payment.ClassCaptured, PSPRef: x.ref, Amount: 1999, Captured: 1999, Currency: "usd"}}},
		{"disbursed, late", early, payment.Notice{ID: "transaction_disbursed:" + x.ref + ":submitted_for_settlement", Reference: "pay_1", PSPRef: x.ref,
			Kind: "transaction_disbursed", Result: payment.Result{Class: payment.ClassUnknown}}},
		{"a refund settled", w.Notice("transaction_settled", refund.PSPRef), payment.Notice{ID: "transaction_settled:" + refund.PSPRef + ":submitted_for_settlement",
			Subject: payment.AboutOperation, OpKind: payment.OpRefund,
			Reference: "op_1", PSPRef: x.ref, OpRef: refund.PSPRef, Kind: "transaction_settled", Result: payment.Result{Class: payment.ClassUnknown}}},
		{"a refund failed", w.Notice("refund_failed", refund.PSPRef), payment.Notice{ID: "refund_failed:" + refund.PSPRef + ":submitted_for_settlement", Reference: "op_1",
			Subject: payment.AboutOperation, OpKind: payment.OpRefund, PSPRef: x.ref, OpRef: refund.PSPRef, Kind: "refund_failed", Final: true,
			Result: payment.Result{Class: payment.ClassDeclined, PSPRef: refund.PSPRef, DeclineCode: "1000 Approved", Amount: 500, Currency: "usd"}}},
		{"a dispute", w.DisputeNotice("dispute_opened", "dp_1", "open", x.ref), payment.Notice{ID: "dispute_opened:dp_1:open", Reference: "pay_1",
			Subject: payment.AboutDispute, Dispute: payment.DisputeOpen, PSPRef: x.ref, OpRef: "dp_1", Kind: "dispute_opened",
			Result: payment.Result{Class: payment.ClassUnknown, DeclineCode: "open", Amount: 1999, Currency: "usd"}}},
		{"a review", w.Webhook(`<notification><timestamp type="datetime">2026-05-01T12:00:00Z</timestamp><kind>transaction_reviewed</kind><subject><transaction-review>` +
			`<transaction-id>abc</transaction-id><decision>Approve</decision><reviewer-email>reviewer@example.com</reviewer-email></transaction-review></subject></notification>`),
			payment.Notice{ID: "transaction_reviewed:abc:Approve", PSPRef: "abc", Kind: "transaction_reviewed", Result: payment.Result{Class: payment.ClassUnknown}}},
	} {
		for range 2 { // a repeat says the same under the same id
			notices := w.receive(t, c.body)
			if len(notices) != 1 {
				t.Fatalf("%s: %+v", c.name, notices)
			}
			got := notices[0]
			if got.At.IsZero() || got.Live {
				t.Errorf("%s: %+v", c.name, got)
			}
			got.At = c.want.At
			if got != c.want {
				t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
			}
		}
	}

	w.SetStatus(x.ref, "settlement_declined")
	// The capture has bounced. It has no reference of its own.
	if n := w.receive(t, w.Notice("transaction_settlement_declined", x.ref)); len(n) != 1 || !n[0].Final || n[0].Subject != payment.AboutOperation ||
		n[0].OpKind != payment.OpCapture || n[0].Reference != "" || n[0].PSPRef != x.ref || n[0].Result.Class != payment.ClassDeclined || n[0].Result.Amount != 1999 {
		t.Errorf("got %+v", n)
	}
	w.SetStatus(x.ref, "settled") // late, and not true any more
	if n := w.receive(t, w.Notice("transaction_settlement_declined", x.ref)); len(n) != 1 || n[0].Final {
		t.Errorf("got %+v", n)
	}
	// A kind and a state that do not agree are asked about.
	w.SetStatus(x.ref, "settling")
	if n := w.receive(t, w.Notice("transaction_settled", x.ref)); len(n) != 1 || n[0].Final {
		t.Errorf("got %+v", n)
	}
	w.SetStatus(x.ref, "settlement_declined")
	if n := w.receive(t, w.Notice("transaction_settled", x.ref)); len(n) != 1 || n[0].Final {
		t.Errorf("got %+v", n)
	}
	for _, other := range []string{
		`<notification><kind>subscription_canceled</kind><subject><subscription><id>1</id></subscription></subject></notification>`,
		`<notification><kind>dispute_opened</kind><subject/></notification>`,
		`<notification><kind>transaction_settled</kind><subject><transaction/></subject></notification>`,
	} {
		if n := w.receive(t, w.Webhook(other)); len(n) != 0 {
			t.Errorf("%s: %+v", other, n)
		}
	}
	for _, broken := range []string{`<notification>`, `<other/>`, ``, `<notification></notification><notification/>`} {
		if n, answer, err := w.provider.ReceiveWebhook(payment.WebhookRequest{Method: http.MethodPost, Body: w.Webhook(broken)}); err == nil || answer.Status == 200 {
			t.Errorf("%s: %+v, %+v", broken, n, answer)
		}
	}
}

// What becomes of a refund is told under our operation's id; of one that was made
// in the Control Panel, which has the order id of its sale, without.
func TestNoticesOfRefunds(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureNow)
	w.Settle(x.ref)
	w.Webhooks()
	ours := x.operate(t, x.op(payment.OpRefund, "1", 500), payment.ClassRefunded, "").PSPRef
	theirs := w.RefundElsewhere(x.ref, 300)
	for ref, want := range map[string]struct {
		reference string
		amount    int64
	}{ours: {"op_1", 500}, theirs: {"", 300}} {
		sound := func(n []payment.Notice, class payment.Class) bool {
			return len(n) == 1 && n[0].Subject == payment.AboutOperation && n[0].OpKind == payment.OpRefund && n[0].Reference == want.reference && n[0].PSPRef == x.ref &&
				n[0].OpRef == ref && n[0].Final && n[0].Result.Class == class && n[0].Result.Amount == want.amount && n[0].Result.Currency == "usd"
		}
		w.Settle(ref)
		if n := w.told(t); !sound(n, payment.ClassRefunded) {
			t.Errorf("settled: %+v", n)
		}
		w.FailRefund(ref)
		if n := w.told(t); !sound(n, payment.ClassDeclined) || n[0].Kind != "refund_failed" {
			t.Errorf("failed later: %+v", n)
		}
	}
	op := x.op(payment.OpRefund, "1", 500)
	op.OpRef = ours
	x.reconcile(t, op, payment.ClassDeclined) // asking says the same
	x.wantBooks(t, 0, 1999, 0)
}

func TestNoticesOfDisputes(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureNow)
	for won, state := range map[bool]payment.DisputeState{true: payment.DisputeWon, false: payment.DisputeLost} {
		id := w.Dispute(x.ref)
		w.CloseDispute(id, won)
		n := w.told(t)
		if len(n) != 2 || n[0].Dispute != payment.DisputeOpen || n[0].Final || n[1].Dispute != state || !n[1].Final {
			t.Fatalf("%+v", n)
		}
		for _, n := range n {
			if n.Subject != payment.AboutDispute || n.OpRef != id || n.PSPRef != x.ref || n.Reference != "pay_1" || n.Result.Amount != 1999 || n.Result.Currency != "usd" {
				t.Errorf("%+v", n)
			}
		}
	}
	for status, want := range map[string]payment.DisputeState{"disputed": payment.DisputeOpen, "under_review": payment.DisputeOpen, "accepted": payment.DisputeLost,
		"auto_accepted": payment.DisputeLost, "expired": payment.DisputeLost, "teleported": payment.DisputeOpen} {
		n := w.receive(t, w.DisputeNotice("dispute_"+status, "dp_1", status, x.ref))
		if len(n) != 1 || n[0].Dispute != want || n[0].Final != (want != payment.DisputeOpen) {
			t.Errorf("%s: %+v", status, n)
		}
	}
}

// No webhook tells that a hold has ended: asking does, of a payment that is
// known to be held.
func TestAHoldThatEnds(t *testing.T) {
	w := newWorld(t)
	for id, end := range map[string]func(string){"expires": w.ExpireHold, "voided": w.CancelElsewhere} {
		x := w.pay(t, id, payment.CaptureLater)
		end(x.ref)
		if n := w.told(t); len(n) != 0 {
			t.Errorf("%s: %+v", id, n)
		}
		a := payment.Attempt{ID: "pay_" + id, State: payment.Authorized, PSPRef: x.ref, CreatedAt: w.now()}
		r, err := w.provider.Reconcile(t.Context(), a)
		if err != nil || r.Class != payment.ClassVoided || r.PSPRef != x.ref || r.Amount != 1999 {
			t.Errorf("%s: %+v, %v", id, r, err)
		}
		if _, ok := a.Move(r, "reconcile", w.now()); !ok || a.State != payment.Voided {
			t.Errorf("%s: %+v", id, a)
		}
		a.State = payment.Unknown
		if r, err := w.provider.Reconcile(t.Context(), a); err != nil || r.Class != payment.ClassProcessorError {
			t.Errorf("%s, and nobody knew of the hold: %+v, %v", id, r, err)
		}
	}
}

// A part that was captured in the Control Panel is what is taken, of what was
// held.
func TestAHoldThatIsCapturedInPart(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureLater)
	x.operate(t, x.op(payment.OpCapture, "1", 1200), payment.ClassCaptured, "")
	a := payment.Attempt{ID: "pay_1", State: payment.Authorized, PSPRef: x.ref, Amount: 1999, Currency: "usd", CreatedAt: w.now()}
	r, err := w.provider.Reconcile(t.Context(), a)
	if err != nil || r.Class != payment.ClassCaptured || r.Amount != 1999 || r.Captured != 1200 {
		t.Errorf("%+v, %v", r, err)
	}
}
