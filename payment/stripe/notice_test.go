package stripe_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
)

// heard is what the core goes by in a notice.
type heard struct {
	kind      string
	about     payment.Subject
	reference string
	psp       string // Stripe's payment
	opKind    payment.OpKind
	opRef     string
	dispute   payment.DisputeState
	page      string
	class     payment.Class
	amount    int64
	final     bool
}

// wantHeard takes the webhooks that wait and compares what they say.
func (w *world) wantHeard(t *testing.T, want ...heard) {
	t.Helper()
	got := w.told(t)
	if len(got) != len(want) {
		t.Fatalf("%d notices, want %d: %+v", len(got), len(want), got)
	}
	for i, n := range got {
		is := heard{n.Kind, n.Subject, n.Reference, n.PSPRef, n.OpKind, n.OpRef, n.Dispute, n.PageRef, n.Result.Class, n.Result.Amount, n.Final}
		if is != want[i] || n.ID == "" || n.At.IsZero() || n.Live || (n.Result.Amount != 0 && n.Result.Currency != "usd") {
			t.Errorf("heard\n%+v, want\n%+v", is, want[i])
		}
	}
}

// Each thing that happens to a payment is told, with what we and Stripe call
// it, and what it is about.
func TestNotices(t *testing.T) {
	const (
		none                                 = payment.ClassUnknown
		aPayment, operation, dispute, aPage  = payment.AboutPayment, payment.AboutOperation, payment.AboutDispute, payment.AboutPage
		captured, refunded, voided, declined = payment.ClassCaptured, payment.ClassRefunded, payment.ClassVoided, payment.ClassDeclined
	)
	t.Run("a sale, and refunds of it", func(t *testing.T) {
		w := newWorld(t)
		c, paid := w.paid(t, payment.CaptureNow)
		ref := paid.PSPRef
		w.wantHeard(t, heard{kind: "payment_intent.succeeded", about: aPayment, reference: c.AttemptID, psp: ref, class: captured, amount: 1999, final: true})
		op := opOn(c, paid, payment.OpRefund)
		op.Amount = 500
		made := operate(t, w.provider, op).PSPRef
		total := heard{kind: "charge.refunded", about: aPayment, reference: c.AttemptID, psp: ref, class: none}
		w.wantHeard(t, heard{kind: "refund.created", about: operation, reference: op.ID, psp: ref, opKind: payment.OpRefund, opRef: made, class: refunded, amount: 500, final: true}, total)
		w.FailRefund(made)
		w.wantHeard(t, heard{kind: "refund.failed", about: operation, reference: op.ID, psp: ref, opKind: payment.OpRefund, opRef: made, class: declined, amount: 500, final: true})
		// One that was made in the dashboard has no reference of ours.
		theirs := w.RefundElsewhere(ref, 300)
		w.wantHeard(t, heard{kind: "refund.created", about: operation, psp: ref, opKind: payment.OpRefund, opRef: theirs, class: refunded, amount: 300, final: true}, total)
	})
	t.Run("a refund that takes its time", func(t *testing.T) {
		w := newWorld(t)
		c, paid := w.paid(t, payment.CaptureNow)
		w.Break(stripetest.PendingRefund)
		op := opOn(c, paid, payment.OpRefund)
		made := operate(t, w.provider, op).PSPRef
		w.Webhooks()
		w.SettleRefund(made, true)
		w.wantHeard(t, heard{kind: "refund.updated", about: operation, reference: op.ID, psp: paid.PSPRef, opKind: payment.OpRefund, opRef: made, class: refunded, amount: 1999, final: true})
	})
	t.Run("a hold, and a capture of a part", func(t *testing.T) {
		w := newWorld(t)
		for _, elsewhere := range []bool{false, true} {
			c, held := w.paid(t, payment.CaptureLater)
			w.wantHeard(t, heard{kind: "payment_intent.amount_capturable_updated", about: aPayment, reference: c.AttemptID, psp: held.PSPRef, class: payment.ClassAuthorized, amount: 1999})
			op := opOn(c, held, payment.OpCapture)
			op.Amount = 1200
			if elsewhere {
				op.ID = ""
				w.CaptureElsewhere(held.PSPRef, 1200)
			} else {
				operate(t, w.provider, op)
			}
			w.wantHeard(t, heard{kind: "charge.captured", about: operation, reference: op.ID, psp: held.PSPRef, opKind: payment.OpCapture, class: captured, amount: 1200, final: true},
				heard{kind: "payment_intent.succeeded", about: aPayment, reference: c.AttemptID, psp: held.PSPRef, class: captured, amount: 1999, final: true})
		}
	})
	t.Run("a hold that ends", func(t *testing.T) {
		w := newWorld(t)
		for name, end := range map[string]func(payment.Charge, payment.Result){
			"by a void":        func(c payment.Charge, held payment.Result) { operate(t, w.provider, opOn(c, held, payment.OpVoid)) },
			"in the dashboard": func(_ payment.Charge, held payment.Result) { w.CancelElsewhere(held.PSPRef) },
			"by time":          func(_ payment.Charge, held payment.Result) { w.ExpireHold(held.PSPRef) },
		} {
			c, held := w.paid(t, payment.CaptureLater)
			w.Webhooks()
			end(c, held)
			want := []heard{{kind: "payment_intent.canceled", about: aPayment, reference: c.AttemptID, psp: held.PSPRef, class: voided, amount: 1999, final: true}}
			if name == "by time" {
				want = append(want, heard{kind: "charge.expired", about: aPayment, reference: c.AttemptID, psp: held.PSPRef, class: voided, amount: 1999, final: true})
			}
			w.wantHeard(t, want...)
			// Who asks is told the same of a payment that is known to be held.
			a := attempt(c, time.Now())
			a.PSPRef, a.State = held.PSPRef, payment.Authorized
			if r := reconcile(t, w.provider, a); r.Class != voided || r.Amount != 1999 {
				t.Errorf("%s: asking says %+v", name, r)
			}
			a.State = payment.Unknown
			if r := reconcile(t, w.provider, a); r.Class != payment.ClassProcessorError {
				t.Errorf("%s: a hold that nobody knew of: %+v", name, r)
			}
		}
	})
	t.Run("what never held money is not voided", func(t *testing.T) {
		w := newWorld(t, func(c *stripe.Config) { c.AllowAction = true })
		c := w.charge("pm_card_authenticationRequired")
		c.Capture = payment.CaptureLater
		send(t, w.provider, c) // asks for the buyer, and is canceled by us
		got := w.told(t)
		if n := got[len(got)-1]; len(got) != 2 || n.Kind != "payment_intent.canceled" || n.Result.Class != payment.ClassRequiresAction || n.Final {
			t.Errorf("%+v", got)
		}
		for _, card := range []string{"pm_card_visa_chargeDeclined", "pm_card_authenticationRequired"} {
			page, a := w.page(t, payment.CaptureLater)
			w.PayPage(page.Ref, card)
			if _, err := w.provider.CloseHosted(t.Context(), a, page.Ref); err != nil {
				t.Fatal(err)
			}
			canceled := false
			for _, n := range w.told(t) {
				canceled = canceled || n.Kind == "payment_intent.canceled"
				if n.Result.Class == voided || n.Final {
					t.Errorf("%s: %+v", card, n)
				}
			}
			if !canceled {
				t.Errorf("%s: the page's payment was not canceled", card)
			}
		}
	})
	t.Run("a decline", func(t *testing.T) {
		w := newWorld(t)
		c := w.charge("pm_card_visa_chargeDeclined")
		r := send(t, w.provider, c)
		w.wantHeard(t, heard{kind: "payment_intent.payment_failed", about: aPayment, reference: c.AttemptID, psp: r.PSPRef, class: declined, amount: 1999})
	})
	t.Run("a page", func(t *testing.T) {
		w := newWorld(t)
		page, a := w.page(t, payment.CaptureNow)
		w.PayPage(page.Ref, "pm_card_visa_chargeDeclined")
		r, err := w.provider.ReconcileHosted(t.Context(), a, page.Ref, "")
		if err != nil || r.PSPRef == "" {
			t.Fatal(r, err)
		}
		w.wantHeard(t, heard{kind: "payment_intent.payment_failed", about: aPayment, reference: a.ID, psp: r.PSPRef, class: payment.ClassPending, amount: 1999})
		w.PayPage(page.Ref, "pm_card_visa")
		w.wantHeard(t, heard{kind: "payment_intent.succeeded", about: aPayment, reference: a.ID, psp: r.PSPRef, class: captured, amount: 1999, final: true},
			heard{kind: "checkout.session.completed", about: aPage, reference: a.ID, psp: r.PSPRef, page: page.Ref, class: none})
		left, b := w.page(t, payment.CaptureNow)
		if _, err := w.provider.CloseHosted(t.Context(), b, left.Ref); err != nil {
			t.Fatal(err)
		}
		w.wantHeard(t, heard{kind: "checkout.session.expired", about: aPage, reference: b.ID, page: left.Ref, class: none})
	})
	t.Run("a slow method on a page", func(t *testing.T) {
		w := newWorld(t)
		for paid, kind := range map[bool]string{true: "checkout.session.async_payment_succeeded", false: "checkout.session.async_payment_failed"} {
			page, a := w.page(t, payment.CaptureNow)
			w.PayPage(page.Ref, "pm_card_fakeProcessing")
			w.Webhooks()
			w.DecidePage(page.Ref, paid)
			got := w.told(t)
			if n := got[len(got)-1]; len(got) != 2 || n.Kind != kind || n.Subject != aPage || n.PageRef != page.Ref || n.Reference != a.ID || n.PSPRef == "" || n.Final {
				t.Errorf("%+v", got)
			}
		}
	})
	t.Run("a dispute", func(t *testing.T) {
		w := newWorld(t)
		for won, state := range map[bool]payment.DisputeState{true: payment.DisputeWon, false: payment.DisputeLost} {
			_, paid := w.paid(t, payment.CaptureNow)
			w.Webhooks()
			id := w.Dispute(paid.PSPRef)
			w.wantHeard(t, heard{kind: "charge.dispute.created", about: dispute, psp: paid.PSPRef, opRef: id, dispute: payment.DisputeOpen, class: none, amount: 1999})
			w.CloseDispute(id, won)
			w.wantHeard(t, heard{kind: "charge.dispute.closed", about: dispute, psp: paid.PSPRef, opRef: id, dispute: state, class: none, amount: 1999, final: true})
		}
	})
}
