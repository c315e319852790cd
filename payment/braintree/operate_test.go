package braintree_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/secret"
)

// paid is a payment of 19.99 with what is moved of it.
type paid struct {
	w   *world
	ref string
}

func (w *world) pay(t *testing.T, id string, mode payment.CaptureMode) paid {
	t.Helper()
	token := w.Mint(braintreetest.Allowance{Outcome: braintreetest.Approve, SessionID: "cs_" + id, MaxAmount: 1999, Currency: "usd", Lifetime: time.Hour})
	c := charge
	c.AttemptID, c.SessionID, c.Credential.Token, c.Capture = "pay_"+id, "cs_"+id, secret.New(token), mode
	body, err := w.provider.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.provider.Send(t.Context(), "acp_"+c.AttemptID, body)
	if err != nil || !r.Class.State().Paid() {
		t.Fatalf("%+v, %v", r, err)
	}
	return paid{w, r.PSPRef}
}

func (x paid) op(kind payment.OpKind, id string, amount int64) payment.Op {
	return payment.Op{ID: "op_" + id, Kind: kind, PSPRef: x.ref, Amount: amount, Currency: "usd", Key: "acp_op_" + id, CreatedAt: x.w.now()}
}

func (x paid) operate(t *testing.T, op payment.Op, want payment.Class, words string) payment.Result {
	t.Helper()
	r := operate(t, x.w.provider, op)
	if r.Class != want || r.DeclineCode != words {
		t.Errorf("%s: %+v, want %s %q", op.Kind, r, want, words)
	}
	return r
}

func (x paid) reconcile(t *testing.T, op payment.Op, want payment.Class) payment.Result {
	t.Helper()
	r, err := x.w.provider.ReconcileOp(t.Context(), op)
	if err != nil || r.Class != want {
		t.Errorf("ReconcileOp: %+v, %v, want %s", r, err, want)
	}
	return r
}

func (x paid) wantBooks(t *testing.T, held, taken, refunded int64) {
	t.Helper()
	want := braintreetest.Books{Held: held, Taken: taken, Refunded: refunded}
	if held+taken > 0 {
		want.Charges = 1
	}
	if got := x.w.Books("cs_1"); got != want {
		t.Errorf("the books say %+v, want %+v", got, want)
	}
}

func TestBytesOfOperations(t *testing.T) {
	for _, keyless := range []bool{false, true} {
		w := newWorld(t, func(c *braintree.Config) { c.NoRequestKeys = keyless })
		x := w.pay(t, "1", payment.CaptureLater)
		for _, op := range []payment.Op{x.op(payment.OpCapture, "1", 500), x.op(payment.OpVoid, "2", 500), x.op(payment.OpRefund, "3", 100)} {
			operate(t, w.provider, op)
		}
		var got []string
		for _, r := range w.Requests() {
			if !strings.HasPrefix(r, "GET ") && !strings.HasPrefix(r, "POST /transactions ") {
				got = append(got, strings.ReplaceAll(r, x.ref, "{id}"))
			}
		}
		want := []string{
			`PUT /transactions/{id}/submit_for_settlement {"transaction":{"api_request_key":"acp_op_1","amount":"5.00"}}`,
			`PUT /transactions/{id}/void {"transaction":{"api_request_key":"acp_op_2"}}`,
			`POST /transactions/{id}/refund {"transaction":{"api_request_key":"acp_op_3","amount":"1.00","order_id":"op_3"}}`,
		}
		if keyless {
			want = []string{
				`PUT /transactions/{id}/submit_for_settlement {"transaction":{"amount":"5.00"}}`,
				`PUT /transactions/{id}/void `,
				`POST /transactions/{id}/refund {"transaction":{"amount":"1.00","order_id":"op_3"}}`,
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("keyless %v: got\n%s", keyless, strings.Join(got, "\n"))
		}
	}
}

// Before the night's settlement there is no refund; all of a payment is given
// back by a void, a part has to wait.
func TestRefundBeforeSettlement(t *testing.T) {
	t.Run("all of it", func(t *testing.T) {
		w := newWorld(t)
		x := w.pay(t, "1", payment.CaptureNow)
		op := x.op(payment.OpRefund, "1", 1999)
		for range 3 { // asked again, it is the same move
			if r := x.operate(t, op, payment.ClassRefunded, ""); r.Amount != 1999 || r.Currency != "usd" || r.PSPRef != x.ref {
				t.Errorf("got %+v", r)
			}
		}
		op.OpRef = x.ref
		x.reconcile(t, op, payment.ClassRefunded)
		x.wantBooks(t, 0, 0, 0)
	})
	t.Run("a part", func(t *testing.T) {
		w := newWorld(t)
		x := w.pay(t, "1", payment.CaptureNow)
		op := x.op(payment.OpRefund, "1", 500)
		x.operate(t, op, payment.ClassProcessorError, "91506")
		x.wantBooks(t, 0, 1999, 0)
		w.Settle(x.ref)
		x.operate(t, op, payment.ClassRefunded, "")
		x.wantBooks(t, 0, 1999, 500)
	})
	t.Run("too much", func(t *testing.T) {
		w := newWorld(t)
		x := w.pay(t, "1", payment.CaptureNow)
		x.operate(t, x.op(payment.OpRefund, "1", 2000), payment.ClassDeclined, "91506")
		x.wantBooks(t, 0, 1999, 0)
	})
	t.Run("the void is lost", func(t *testing.T) {
		for _, fault := range []braintreetest.Fault{braintreetest.DropBefore, braintreetest.DropAfter} {
			w := newWorld(t)
			x := w.pay(t, "1", payment.CaptureNow)
			op := x.op(payment.OpRefund, "1", 1999)
			w.Break("", fault) // the refund is answered, the void is not
			x.operate(t, op, payment.ClassUnknown, "no_answer")
			x.operate(t, op, payment.ClassRefunded, "")
			x.wantBooks(t, 0, 0, 0)
		}
	})
	t.Run("the settlement begins between refund and void", func(t *testing.T) {
		w := newWorld(t)
		x := w.pay(t, "1", payment.CaptureNow)
		w.SetStatus(x.ref, "settlement_pending")
		op := x.op(payment.OpRefund, "1", 1999)
		x.operate(t, op, payment.ClassProcessorError, "91506")
		x.wantBooks(t, 0, 1999, 0)
		w.SetStatus(x.ref, "settled")
		x.operate(t, op, payment.ClassRefunded, "")
		x.wantBooks(t, 0, 1999, 1999)
	})
}

// Should a key stay burnt by a refused request, the state of the payment
// decides, and what was not done is not done.
func TestKeyOfAFailedRequest(t *testing.T) {
	w := newWorld(t)
	w.KeepFailedKeys(true)
	x := w.pay(t, "1", payment.CaptureNow)
	op := x.op(payment.OpRefund, "1", 500)
	x.operate(t, op, payment.ClassProcessorError, "91506")
	x.operate(t, op, payment.ClassUnknown, "submitted_for_settlement")
	w.advance(t, time.Minute)
	x.operate(t, op, payment.ClassNotFound, "submitted_for_settlement")
	x.wantBooks(t, 0, 1999, 0)
}

// Without keys, and when keys are forgotten, a repeat looks before it moves.
func TestRepeatsWithoutKeys(t *testing.T) {
	for name, prepare := range map[string]func(w *world, t *testing.T){
		"no keys":        func(*world, *testing.T) {},
		"forgotten keys": func(w *world, t *testing.T) { w.ForgetKeys(); w.advance(t, 31*24*time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *braintree.Config) { c.NoRequestKeys = name == "no keys" })
			x := w.pay(t, "1", payment.CaptureLater)
			capture := x.op(payment.OpCapture, "1", 1500)
			x.operate(t, capture, payment.ClassCaptured, "")
			prepare(w, t)
			if r := x.operate(t, capture, payment.ClassCaptured, ""); r.Captured != 1500 {
				t.Errorf("got %+v", r)
			}
			w.Settle(x.ref)
			var refunds []payment.Op
			for i := range 3 {
				op := x.op(payment.OpRefund, fmt.Sprint("r", i), 100)
				w.Break(braintreetest.DropAfter)
				x.operate(t, op, payment.ClassUnknown, "no_answer")
				refunds = append(refunds, op)
			}
			prepare(w, t)
			for _, op := range refunds {
				first := x.operate(t, op, payment.ClassRefunded, "")
				if again := x.operate(t, op, payment.ClassRefunded, ""); again.PSPRef != first.PSPRef || again.Amount != 100 {
					t.Errorf("first %+v, again %+v", first, again)
				}
			}
			x.wantBooks(t, 0, 1500, 300)

			w.Break(braintreetest.LookupFails) // nothing is moved blindly
			x.operate(t, refunds[0], payment.ClassUnknown, "http_internal_server_error")
			x.wantBooks(t, 0, 1500, 300)
		})
	}
}

// A void is there to leave nothing held; it does not matter who did it.
func TestVoidBySomebodyElse(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureLater)
	x.operate(t, x.op(payment.OpVoid, "1", 1999), payment.ClassVoided, "")
	x.operate(t, x.op(payment.OpVoid, "2", 1999), payment.ClassVoided, "")
	x.wantBooks(t, 0, 0, 0)
}

// A refund that the bank sends back is not a refund.
func TestRefundThatFailsLater(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureNow)
	w.Settle(x.ref)
	op := x.op(payment.OpRefund, "1", 500)
	op.OpRef = x.operate(t, op, payment.ClassRefunded, "").PSPRef
	w.SetStatus(op.OpRef, "processor_declined")
	x.reconcile(t, op, payment.ClassDeclined)
	x.wantBooks(t, 0, 1999, 0)
}

func TestOpsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureNow)
	sent := len(w.Requests())
	for name, change := range map[string]func(*payment.Op){
		"no payment":          func(op *payment.Op) { op.PSPRef = "" },
		"a path as a payment": func(op *payment.Op) { op.PSPRef = "../void" },
		"another kind":        func(op *payment.Op) { op.Kind = "double" },
		"no id":               func(op *payment.Op) { op.ID = "" },
		"no amount":           func(op *payment.Op) { op.Amount = 0 },
		"no currency":         func(op *payment.Op) { op.Currency = "" },
	} {
		op := x.op(payment.OpRefund, "1", 100)
		change(&op)
		if r := operate(t, w.provider, op); r.Class != payment.ClassDeclined {
			t.Errorf("%s: %+v", name, r)
		}
		if r, err := w.provider.ReconcileOp(t.Context(), op); err != nil || r.Class != payment.ClassNotFound {
			t.Errorf("%s: ReconcileOp: %+v, %v", name, r, err)
		}
	}
	if len(w.Requests()) != sent {
		t.Error("the gateway was asked")
	}
}

// A capture of another amount is another capture.
func TestReconcileOfAnotherCapture(t *testing.T) {
	w := newWorld(t)
	x := w.pay(t, "1", payment.CaptureLater)
	x.operate(t, x.op(payment.OpCapture, "1", 1500), payment.ClassCaptured, "")
	other := x.op(payment.OpCapture, "2", 400)
	x.reconcile(t, other, payment.ClassUnknown)
	w.advance(t, time.Minute)
	x.reconcile(t, other, payment.ClassNotFound)
}

// The answer to a move is about that move.
func TestAnswersAboutSomethingElse(t *testing.T) {
	sale := document("settled", "1000", "")
	credit := strings.Replace(sale, "<type>sale", "<type>credit", 1)
	for _, c := range []struct {
		kind payment.OpKind
		body string
		want payment.Class
	}{
		{payment.OpRefund, credit, payment.ClassRefunded},
		{payment.OpRefund, sale, payment.ClassUnknown},
		{payment.OpRefund, strings.Replace(credit, "</id>", "</id><refunded-transaction-id>another</refunded-transaction-id>", 1), payment.ClassUnknown},
		{payment.OpRefund, strings.Replace(credit, "19.99", "", 1), payment.ClassUnknown},
		{payment.OpCapture, sale, payment.ClassCaptured},
		{payment.OpCapture, strings.Replace(sale, "abc123", "abc124", 1), payment.ClassUnknown},
		{payment.OpCapture, strings.Replace(sale, "settled", "authorized", 1), payment.ClassUnknown},
		{payment.OpVoid, strings.Replace(sale, "settled", "voided", 1), payment.ClassVoided},
		{payment.OpVoid, sale, payment.ClassUnknown},
		{payment.OpVoid, `<html/>`, payment.ClassUnknown},
	} {
		op := payment.Op{ID: "op_1", Kind: c.kind, PSPRef: "abc123", Amount: 1999, Currency: "usd", Key: "k", CreatedAt: time.Now()}
		if r := operate(t, answering(t, 200, c.body), op); r.Class != c.want {
			t.Errorf("%s %s: %+v, want %s", c.kind, c.body, r, c.want)
		}
	}
}

// A payment that is not settled is given back by a void. Only the refund that
// asked for it was made by it; no other is, whoever voided.
func TestOneVoidIsOneRefund(t *testing.T) {
	t.Run("a second refund", func(t *testing.T) {
		w := newWorld(t)
		x := w.pay(t, "1", payment.CaptureNow)
		first, second := x.op(payment.OpRefund, "1", 1999), x.op(payment.OpRefund, "2", 1999)
		for range 2 {
			x.operate(t, first, payment.ClassRefunded, "")
			if r := operate(t, w.provider, second); r.Class != payment.ClassDeclined {
				t.Errorf("the second refund: %+v", r)
			}
		}
		first.CreatedAt, second.CreatedAt = w.now().Add(-time.Hour), w.now().Add(-time.Hour)
		x.reconcile(t, first, payment.ClassRefunded)
		x.reconcile(t, second, payment.ClassNotFound)
	})
	t.Run("voided by another", func(t *testing.T) {
		w := newWorld(t)
		for id, void := range map[string]func(x paid){
			"ours":   func(x paid) { x.operate(t, x.op(payment.OpVoid, "void", 1999), payment.ClassVoided, "") },
			"theirs": func(x paid) { w.CancelElsewhere(x.ref) },
		} {
			x := w.pay(t, id, payment.CaptureLater)
			void(x)
			refund := x.op(payment.OpRefund, "refund_"+id, 1999)
			if r := operate(t, w.provider, refund); r.Class != payment.ClassDeclined {
				t.Errorf("%s: %+v", id, r)
			}
			refund.CreatedAt = w.now().Add(-time.Hour)
			x.reconcile(t, refund, payment.ClassNotFound)
		}
	})
	t.Run("without an answer", func(t *testing.T) {
		w := newWorld(t)
		x := w.pay(t, "1", payment.CaptureNow)
		op := x.op(payment.OpRefund, "1", 1999)
		x.operate(t, op, payment.ClassRefunded, "")
		for _, f := range []braintreetest.Fault{braintreetest.DropBefore, braintreetest.ErrorAfter, braintreetest.RateLimited, braintreetest.LookupFails} {
			w.Break(f)
			x.reconcile(t, op, payment.ClassUnknown)
		}
		x.reconcile(t, op, payment.ClassRefunded)
	})
}
