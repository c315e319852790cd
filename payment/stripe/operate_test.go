package stripe_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
)

// opOn is a move of all of a payment.
func opOn(c payment.Charge, paid payment.Result, kind payment.OpKind) payment.Op {
	now := time.Now()
	name := id.New("op", now)
	return payment.Op{ID: name, Kind: kind, AttemptID: c.AttemptID, PSPRef: paid.PSPRef, Amount: c.Amount, Currency: c.Currency, Key: name, CreatedAt: now}
}

func operate(t testing.TB, p *stripe.Provider, op payment.Op) payment.Result {
	t.Helper()
	r, err := p.Operate(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func reconcileOp(t testing.TB, p *stripe.Provider, op payment.Op) payment.Result {
	t.Helper()
	r, err := p.ReconcileOp(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// paid is a charge that was made, held or captured.
func (w *world) paid(t testing.TB, mode payment.CaptureMode) (payment.Charge, payment.Result) {
	t.Helper()
	c := w.charge("pm_card_visa")
	c.Capture = mode
	r := send(t, w.provider, c)
	if !r.Class.State().Paid() {
		t.Fatalf("%+v", r)
	}
	return c, r
}

// A refund can take days, and come back.
func TestARefundThatTakesItsTime(t *testing.T) {
	for _, arrives := range []bool{true, false} {
		w := newWorld(t)
		c, paid := w.paid(t, payment.CaptureNow)
		op := opOn(c, paid, payment.OpRefund)
		w.Break(stripetest.PendingRefund)
		r := operate(t, w.provider, op)
		wantClass(t, r, payment.ClassPending, "")
		op.OpRef = r.PSPRef
		wantClass(t, reconcileOp(t, w.provider, op), payment.ClassPending, "")
		w.SettleRefund(r.PSPRef, arrives)
		if arrives {
			wantClass(t, reconcileOp(t, w.provider, op), payment.ClassRefunded, "")
		} else {
			wantClass(t, reconcileOp(t, w.provider, op), payment.ClassDeclined, "expired_or_canceled_card")
		}
	}
}

// A key is forgotten after a day. An old refund that was made is found, not
// made again; one that was not is made.
func TestAnOldRefundIsLookedForFirst(t *testing.T) {
	w := newWorld(t)
	c, paid := w.paid(t, payment.CaptureNow)
	op := opOn(c, paid, payment.OpRefund)
	op.Amount = 500
	first := operate(t, w.provider, op)
	op.CreatedAt, op.Key = op.CreatedAt.Add(-25*time.Hour), "the key is forgotten"
	if again := operate(t, w.provider, op); again.Class != payment.ClassRefunded || again.PSPRef != first.PSPRef {
		t.Errorf("%+v, then %+v", first, again)
	}
	other := opOn(c, paid, payment.OpRefund)
	other.CreatedAt, other.Amount = op.CreatedAt, 400
	if r := operate(t, w.provider, other); r.Class != payment.ClassRefunded {
		t.Errorf("the other one: %+v", r)
	}
	unreadable := opOn(c, paid, payment.OpRefund)
	unreadable.CreatedAt, unreadable.Amount = op.CreatedAt, 300
	w.Break(stripetest.LookupFails)
	wantClass(t, operate(t, w.provider, unreadable), payment.ClassUnknown, "http_503")
	if b := w.Books(c.SessionID); b.Refunded != 900 {
		t.Errorf("books: %+v", b)
	}
}

// A capture in the dashboard is not ours; a hold that ran out is void.
func TestWhatOthersDo(t *testing.T) {
	w := newWorld(t)
	c, held := w.paid(t, payment.CaptureLater)
	theirs, ours := opOn(c, held, payment.OpCapture), opOn(c, held, payment.OpCapture)
	if r := operate(t, w.provider, theirs); r.Class != payment.ClassCaptured {
		t.Fatalf("%+v", r)
	}
	wantClass(t, operate(t, w.provider, ours), payment.ClassDeclined, "payment_intent_unexpected_state")
	wantClass(t, reconcileOp(t, w.provider, ours), payment.ClassDeclined, "status_succeeded")
	wantClass(t, reconcileOp(t, w.provider, theirs), payment.ClassCaptured, "")

	c, held = w.paid(t, payment.CaptureLater)
	w.ExpireHold(held.PSPRef)
	wantClass(t, operate(t, w.provider, opOn(c, held, payment.OpCapture)), payment.ClassDeclined, "payment_intent_unexpected_state")
	if r := operate(t, w.provider, opOn(c, held, payment.OpVoid)); r.Class != payment.ClassVoided || r.Amount != c.Amount {
		t.Errorf("void of what ran out: %+v", r)
	}
}

// An Op that cannot be asked for is refused here.
func TestAnOpThatIsNone(t *testing.T) {
	w := newWorld(t)
	c, held := w.paid(t, payment.CaptureLater)
	for name, change := range map[string]func(*payment.Op){
		"no payment":          func(op *payment.Op) { op.PSPRef = "" },
		"no key":              func(op *payment.Op) { op.Key = "" },
		"no id":               func(op *payment.Op) { op.ID = "" },
		"another kind":        func(op *payment.Op) { op.Kind = "recharge" },
		"an unknown currency": func(op *payment.Op) { op.Currency = "xxz" },
	} {
		op := opOn(c, held, payment.OpCapture)
		change(&op)
		if r := operate(t, w.provider, op); r.Class != payment.ClassDeclined || r.DeclineCode == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	op := opOn(c, held, payment.OpCapture)
	op.PSPRef = "../../v1/refunds"
	if r := operate(t, w.provider, op); r.Class == payment.ClassCaptured {
		t.Errorf("a reference with a path in it: %+v", r)
	}
	if b := w.Books(c.SessionID); b.Held != c.Amount {
		t.Errorf("books: %+v", b)
	}
}
