package adyen_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// paid makes a payment and an operation on it.
func paid(t *testing.T, kind payment.OpKind, mode payment.CaptureMode) (*adyentest.Fake, *adyen.Provider, payment.Op) {
	t.Helper()
	psp := adyentest.New(t)
	cfg := config(psp.URL())
	cfg.Now = psp.Now
	p := adapter(t, cfg)
	c := charge
	c.Capture = mode
	c.Credential = mint(psp)
	body, err := p.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Send(t.Context(), "k", body)
	if err != nil || !r.Class.State().Paid() {
		t.Fatalf("%+v, %v", r, err)
	}
	received(t, p, psp)
	return psp, p, payment.Op{ID: "op_1", Kind: kind, AttemptID: c.AttemptID, PSPRef: r.PSPRef, Amount: 1999, Currency: "usd", Key: "k_op_1", CreatedAt: psp.Now()}
}

// An operation is accepted first; what became of it comes by webhook, as the
// final word and under the operation's own id.
func TestOperationsAreDecidedByWebhook(t *testing.T) {
	held, taken := payment.CaptureLater, payment.CaptureNow
	for _, c := range []struct {
		name  string
		kind  payment.OpKind
		mode  payment.CaptureMode
		asks  int64
		want  payment.Class
		taken int64
	}{
		{"capture of all", payment.OpCapture, held, 1999, payment.ClassCaptured, 1999},
		{"capture of a part", payment.OpCapture, held, 500, payment.ClassCaptured, 500},
		{"capture of more", payment.OpCapture, held, 2000, payment.ClassDeclined, 1999},
		{"capture of what is captured", payment.OpCapture, taken, 1999, payment.ClassDeclined, 1999},
		{"void", payment.OpVoid, held, 1999, payment.ClassVoided, 0},
		{"void of what is captured", payment.OpVoid, taken, 1999, payment.ClassDeclined, 1999},
		{"refund of all", payment.OpRefund, taken, 1999, payment.ClassRefunded, 0},
		{"refund of a part", payment.OpRefund, taken, 500, payment.ClassRefunded, 1499},
		{"refund of more", payment.OpRefund, taken, 2000, payment.ClassDeclined, 1999},
		{"refund of what is held", payment.OpRefund, held, 1999, payment.ClassDeclined, 1999},
	} {
		t.Run(c.name, func(t *testing.T) {
			psp, p, op := paid(t, c.kind, c.mode)
			op.Amount, op.Reason = c.asks, "requested_by_customer"
			first, err := p.Operate(t.Context(), op)
			if err != nil || first.Class != payment.ClassPending || first.PSPRef == "" || first.Amount != c.asks || first.Currency != "usd" {
				t.Fatalf("%+v, %v", first, err)
			}
			again, err := p.Operate(t.Context(), op)
			if err != nil || again != first {
				t.Fatalf("again: %+v, %v", again, err)
			}
			psp.Settle()
			notices := received(t, p, psp)
			if len(notices) != 1 {
				t.Fatalf("%+v", notices)
			}
			n := notices[0]
			if n.Reference != op.ID || n.OpRef != first.PSPRef || n.PSPRef != op.PSPRef || !n.Final || n.Result.Class != c.want {
				t.Errorf("%+v, want %s", n, c.want)
			}
			if got := psp.BooksOf(reference(c.mode)); got.Taken != c.taken {
				t.Errorf("%+v, want %d", got, c.taken)
			}
		})
	}
}

func reference(m payment.CaptureMode) string {
	if m == payment.CaptureLater {
		return "pay_1-held"
	}
	return "pay_1"
}

// An authorisation whose answer was lost is voided by our own reference.
func TestVoidByReference(t *testing.T) {
	psp, p, op := paid(t, payment.OpVoid, payment.CaptureLater)
	op.PSPRef = ""
	r, err := p.Operate(t.Context(), op)
	if err != nil || r.Class != payment.ClassPending {
		t.Fatalf("%+v, %v", r, err)
	}
	psp.Settle()
	n := received(t, p, psp)
	if len(n) != 1 || n[0].Kind != "TECHNICAL_CANCEL" || n[0].Result.Class != payment.ClassVoided || n[0].Reference != "op_1" {
		t.Errorf("%+v", n)
	}
	if got := psp.BooksOf("pay_1-held"); got.Charges != 0 {
		t.Errorf("%+v", got)
	}
}

// Adyen forgets its keys. An operation that is as old is not sent again: it
// could be the second time.
func TestAnOldOperationIsNotSentAgain(t *testing.T) {
	psp, p, op := paid(t, payment.OpRefund, payment.CaptureNow)
	op.Amount = 500
	if r, err := p.Operate(t.Context(), op); err != nil || r.Class != payment.ClassPending {
		t.Fatalf("%+v, %v", r, err)
	}
	psp.Settle()
	psp.Advance(adyen.MaxResendFor + time.Second)
	posts := psp.Posts()
	if r, err := p.Operate(t.Context(), op); err != nil || r.Class != payment.ClassUnknown || psp.Posts() != posts {
		t.Errorf("%+v, %v, %d posts", r, err, psp.Posts()-posts)
	}
}

func TestACaptureCanFailLater(t *testing.T) {
	psp, p, op := paid(t, payment.OpCapture, payment.CaptureLater)
	r, err := p.Operate(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	psp.Settle()
	psp.FailLater("CAPTURE_FAILED", op.PSPRef, r.PSPRef, op.ID, 1999)
	psp.Deliver(paymenttest.Delivery{Backwards: true})
	notices := received(t, p, psp)
	if len(notices) != 2 || notices[0].ID == notices[1].ID || notices[0].Result.Class != payment.ClassDeclined || notices[1].Result.Class != payment.ClassCaptured {
		t.Errorf("%+v", notices)
	}
}

// The exact requests, because repeats must be the same.
func TestOperationRequests(t *testing.T) {
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Idempotency-Key") + " " + string(body)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	p := adapter(t, config(srv.URL+"/v72"))
	op := payment.Op{ID: "op_1", AttemptID: "pay_1", PSPRef: "NC6HT9CRT65ZGN82", Amount: 500, Currency: "isk", Key: "k", CreatedAt: time.Now()}
	for _, c := range []struct {
		kind   payment.OpKind
		change func(*payment.Op)
		want   string
	}{
		{payment.OpCapture, nil, `POST /v72/payments/NC6HT9CRT65ZGN82/captures k {"merchantAccount":"TestShopECOM","reference":"op_1","amount":{"currency":"ISK","value":50000}}`},
		{payment.OpVoid, nil, `POST /v72/payments/NC6HT9CRT65ZGN82/cancels k {"merchantAccount":"TestShopECOM","reference":"op_1"}`},
		{payment.OpVoid, func(o *payment.Op) { o.PSPRef = "" }, `POST /v72/cancels k {"merchantAccount":"TestShopECOM","reference":"op_1","paymentReference":"pay_1-held"}`},
		{payment.OpRefund, func(o *payment.Op) { o.Reason = "duplicate" },
			`POST /v72/payments/NC6HT9CRT65ZGN82/refunds k {"merchantAccount":"TestShopECOM","reference":"op_1","amount":{"currency":"ISK","value":50000},"merchantRefundReason":"DUPLICATE"}`},
		{payment.OpRefund, func(o *payment.Op) { o.Reason = "because" },
			`POST /v72/payments/NC6HT9CRT65ZGN82/refunds k {"merchantAccount":"TestShopECOM","reference":"op_1","amount":{"currency":"ISK","value":50000}}`},
	} {
		o := op
		o.Kind = c.kind
		if c.change != nil {
			c.change(&o)
		}
		if r, err := p.Operate(t.Context(), o); err != nil || r.Class != payment.ClassUnknown || got != c.want {
			t.Errorf("%+v, %v\ngot  %s\nwant %s", r, err, got, c.want)
		}
	}
	for name, change := range map[string]func(*payment.Op){
		"no id":                 func(o *payment.Op) { o.ID = "" },
		"no payment":            func(o *payment.Op) { o.PSPRef = "" },
		"a payment like a path": func(o *payment.Op) { o.PSPRef = "../sessions" },
		"another kind":          func(o *payment.Op) { o.Kind = "chargeback" },
		"no currency":           func(o *payment.Op) { o.Currency = "" },
	} {
		o := op
		o.Kind = payment.OpRefund
		change(&o)
		got = ""
		if r, err := p.Operate(t.Context(), o); err != nil || r.Class != payment.ClassConfig || got != "" {
			t.Errorf("%s: %+v, %v, sent %q", name, r, err, got)
		}
	}
}

// An answer about another operation is not taken for this one's.
func TestOperationAnswers(t *testing.T) {
	const good = `{"merchantAccount":"TestShopECOM","paymentPspReference":"993617894903480A","reference":"op_1","pspReference":"993617894906488A","status":"received","amount":{"value":500,"currency":"USD"}}`
	for _, c := range []struct {
		status int
		body   string
		want   payment.Class
	}{
		{201, good, payment.ClassPending},
		{201, good[:40], payment.ClassUnknown},
		{201, `{}`, payment.ClassUnknown},
		{201, `{"paymentPspReference":"993617894903480B","reference":"op_1","pspReference":"993617894906488A","status":"received"}`, payment.ClassUnknown},
		{201, `{"paymentPspReference":"993617894903480A","reference":"op_2","pspReference":"993617894906488A","status":"received"}`, payment.ClassUnknown},
		{201, `{"paymentPspReference":"993617894903480A","reference":"op_1","pspReference":"993617894906488A","status":"refused"}`, payment.ClassUnknown},
		{200, good, payment.ClassUnknown},
		{401, ``, payment.ClassConfig},
		{422, `{"errorCode":"704"}`, payment.ClassUnknown},
		{422, `{"errorCode":"167"}`, payment.ClassUnknown},
		{429, ``, payment.ClassRateLimited},
		{500, good, payment.ClassUnknown},
	} {
		p := adapter(t, config(says(t, c.status, c.body)))
		r, err := p.Operate(t.Context(), payment.Op{ID: "op_1", Kind: payment.OpRefund, PSPRef: "993617894903480A", Amount: 500, Currency: "usd", Key: "k", CreatedAt: time.Now()})
		if err != nil || r.Class != c.want {
			t.Errorf("%d %.80s: %+v, %v, want %s", c.status, c.body, r, err, c.want)
		}
	}
}
