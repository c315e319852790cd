package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// tillName is the provider of a till.
const tillName = "till"

// defect is something that no provider must do. A till with one proves that the
// ledger finds it.
type defect string

// Defects.
const (
	sound         defect = ""
	chargesAgain  defect = "charges again when the same request is repeated under the same key"
	forgets       defect = "does not know of payments that it took, and takes them again"
	pretends      defect = "says that it took money and did not"
	denies        defect = "declines and takes the money"
	takesMore     defect = "takes more than it says"
	losesPayments defect = "loses payments that it took"
)

// till is a bank in a few maps, reached by a call: the shortest provider that
// there can be. Now and then its answer is lost.
type till struct {
	defect defect
	now    func() time.Time

	mu      sync.Mutex
	tokens  map[string]paymenttest.Allowance
	answers map[string]payment.Result // by key
	taken   map[string]books          // by session
	calls   int
}

// lostEvery is how often an answer of a till is lost.
const lostEvery = 4

func newTill(t testing.TB, d defect, now func() time.Time) *till {
	t.Helper()
	return &till{defect: d, now: now, tokens: map[string]paymenttest.Allowance{}, answers: map[string]payment.Result{}, taken: map[string]books{}}
}

func (b *till) provider() payment.Provider                                { return tillAdapter{b} }
func (b *till) slow() bool                                                { return false }
func (b *till) account() string                                           { return "till_1" }
func (b *till) webhooks() []payment.WebhookRequest                        { return nil }
func (b *till) sign(r payment.WebhookRequest) payment.WebhookRequest      { return r }
func (b *till) pass(time.Duration)                                        {}
func (b *till) settle()                                                   {}
func (b *till) elsewhere() elsewhere                                      { return nil }
func (b *till) units(minor int64) int64                                   { return minor }
func (b *till) reference(context.Context, string, string) (string, error) { return "", nil }

func (b *till) mint(_ context.Context, a paymenttest.Allowance) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	token := fmt.Sprintf("tok_%d", len(b.tokens))
	b.tokens[token] = a
	return token, nil
}

func (b *till) statement(context.Context, []string) (map[string]books, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string]books, len(b.taken))
	for session, s := range b.taken {
		out[session] = s
	}
	return out, nil
}

// tillRequest is the body of a charge.
type tillRequest struct {
	Attempt, Session, Token, Currency string
	Amount                            int64
}

// charge takes the money once a key, or as its defect says.
func (b *till) charge(key string, r tillRequest) payment.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	answer, known := b.answers[key]
	if !known || b.defect == chargesAgain || b.defect == forgets {
		answer = b.take(r)
		b.answers[key] = answer
	}
	if b.calls%lostEvery == 0 {
		return payment.Result{Class: payment.ClassUnknown}
	}
	return answer
}

func (b *till) take(r tillRequest) payment.Result {
	if b.tokens[r.Token].Outcome != paymenttest.Approve {
		return payment.Result{Class: payment.ClassDeclined}
	}
	s := b.taken[r.Session]
	before := s
	s.charges, s.in = s.charges+1, s.in+r.Amount
	answer := payment.Result{Class: payment.ClassCaptured, PSPRef: "ch_" + r.Attempt, Amount: r.Amount, Captured: r.Amount, Currency: r.Currency}
	switch odd := b.calls%3 == 0; {
	case odd && b.defect == pretends, odd && b.defect == losesPayments:
		s = before
	case odd && b.defect == takesMore:
		s.in++
	case odd && b.defect == denies:
		answer = payment.Result{Class: payment.ClassDeclined}
	}
	b.taken[r.Session] = s
	return answer
}

// tillAdapter is the adapter for a till.
type tillAdapter struct{ b *till }

func (a tillAdapter) Name() string                     { return tillName }
func (a tillAdapter) Reusable(payment.Credential) bool { return false }

func (a tillAdapter) Build(c payment.Charge) ([]byte, error) {
	return json.Marshal(tillRequest{c.AttemptID, c.SessionID, c.Credential.Token.Reveal(), c.Currency, c.Amount})
}

func (a tillAdapter) Send(_ context.Context, key string, body []byte) (payment.Result, error) {
	var r tillRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return payment.Result{Class: payment.ClassConfig}, nil
	}
	return a.b.charge(key, r), nil
}

func (a tillAdapter) Reconcile(_ context.Context, at payment.Attempt) (payment.Result, error) {
	a.b.mu.Lock()
	defer a.b.mu.Unlock()
	answer, known := a.b.answers[at.IdemKey]
	if !known || a.b.defect == forgets || a.b.defect == chargesAgain {
		return payment.Result{Class: payment.ClassNotFound}, nil
	}
	return answer, nil
}
