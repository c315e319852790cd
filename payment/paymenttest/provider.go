package paymenttest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

const (
	amount   = 1999
	currency = "usd"
)

// TestProvider runs the contract. Every test uses sessions and attempts of its
// own, so that one PSP serves them all; they do not run in parallel, because
// faults strike whoever comes next.
func TestProvider(t *testing.T, h Harness) {
	s := suite{h}
	t.Run("Identity", s.identity)
	t.Run("Build", s.build)
	t.Run("Outcomes", s.outcomes)
	t.Run("Proof", s.proof)
	t.Run("ReusableToken", s.reusableToken)
	t.Run("TokenMisuse", s.tokenMisuse)
	t.Run("StoredCard", s.storedCard)
	t.Run("SameKeyAgain", s.sameKeyAgain)
	t.Run("SameKeyOtherBody", s.sameKeyOtherBody)
	t.Run("ManyAtOnceUnderOneKey", s.manyAtOnce)
	t.Run("LostAnswer", s.lostAnswer)
	t.Run("LostRequest", s.lostRequest)
	t.Run("NeverSent", s.neverSent)
	t.Run("Unreachable", s.unreachable)
	t.Run("TimeIsUp", s.timeIsUp)
	t.Run("WrongKeys", s.wrongKeys)
	t.Run("RateLimited", s.rateLimited)
	t.Run("WrongAmount", s.wrongAmount)
	t.Run("FailingLookup", s.failingLookup)
}

type suite struct{ h Harness }

// try is one attempt that is ready to be sent.
type try struct {
	attempt payment.Attempt
	charge  payment.Charge
	body    []byte
}

// prepare makes an attempt with a token of its own; change may alter the
// charge before its request is built.
func (s suite) prepare(t *testing.T, o Outcome, change ...func(*payment.Charge)) try {
	t.Helper()
	now := time.Now()
	session := id.New(id.Session, now)
	if s.h.Mint == nil {
		t.Skip("the harness cannot mint tokens")
	}
	cred := s.h.Mint(t, Allowance{Outcome: o, SessionID: session, MaxAmount: amount, Currency: currency, Lifetime: time.Hour})
	return s.ready(t, session, cred, change...)
}

func (s suite) ready(t *testing.T, session string, cred payment.Credential, change ...func(*payment.Charge)) try {
	t.Helper()
	now := time.Now()
	c := payment.Charge{AttemptID: id.New(id.Attempt, now), SessionID: session, OrderID: id.New(id.Order, now),
		Amount: amount, Currency: currency, Credential: cred, MerchantID: s.h.MerchantID}
	for _, f := range change {
		f(&c)
	}
	body, err := s.h.Provider.Build(c)
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	return try{charge: c, body: body, attempt: payment.Attempt{ID: c.AttemptID, SessionID: c.SessionID, OrderID: c.OrderID,
		MerchantID: s.h.MerchantID, Provider: s.h.Provider.Name(), Amount: c.Amount, Currency: c.Currency,
		IdemKey: "acp_" + c.AttemptID, Sealed: body, State: payment.Sending, CreatedAt: now}}
}

func (s suite) send(t *testing.T, x try) payment.Result {
	t.Helper()
	r, err := s.h.Provider.Send(t.Context(), x.attempt.IdemKey, x.body)
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	s.silent(t, x, r)
	return r
}

// reconcile learns what became of an attempt the way checkout does: by asking,
// and by sending again where that is how a PSP tells.
func (s suite) reconcile(t *testing.T, x try) payment.Result {
	t.Helper()
	r := s.ask(t, x)
	if r.Class == payment.ClassUnknown && s.resends() {
		return s.send(t, x)
	}
	return r
}

// resends reports whether the PSP has to be sent a payment again to tell what
// became of it.
func (s suite) resends() bool {
	p, ok := s.h.Provider.(payment.Resendable)
	return ok && p.ResendToLearn() > 0
}

func (s suite) ask(t *testing.T, x try) payment.Result {
	t.Helper()
	r, err := s.h.Provider.Reconcile(t.Context(), x.attempt)
	if err != nil {
		t.Fatalf("Reconcile: %v", err)
	}
	s.silent(t, x, r)
	return r
}

// silent checks that a result does not repeat the token.
func (s suite) silent(t *testing.T, x try, r payment.Result) {
	t.Helper()
	if token := x.charge.Credential.Token.Reveal(); strings.Contains(fmt.Sprintf("%+v", r), token) {
		t.Error("the result repeats the payment token")
	}
	if card := x.charge.Credential.Stored.Card; card != "" && strings.Contains(fmt.Sprintf("%+v", r), card) {
		t.Error("the result repeats the reference to the card")
	}
}

func (s suite) breakNext(t *testing.T, f Fault) {
	t.Helper()
	if s.h.Break == nil {
		t.Skip("the harness cannot switch faults on")
	}
	s.h.Break(t, f)
}

func (s suite) wantBooks(t *testing.T, session string, want Books) {
	t.Helper()
	if s.h.Books == nil {
		return
	}
	if got := s.h.Books(t, session); got != want {
		t.Errorf("the PSP's books say %+v, want %+v", got, want)
	}
}

var (
	nothing = Books{}
	once    = Books{Charges: 1, Taken: amount}
)

// wantCaptured checks that all of the amount was taken, as the result tells it.
func wantCaptured(t *testing.T, r payment.Result) {
	t.Helper()
	if r.Class != payment.ClassCaptured || r.Amount != amount || r.Captured != amount || r.Currency != currency || r.PSPRef == "" {
		t.Errorf("got %+v, want %d %s captured", r, amount, currency)
	}
}

func wantClass(t *testing.T, r payment.Result, want payment.Class) {
	t.Helper()
	if r.Class != want {
		t.Errorf("class is %s (%s), want %s", r.Class, r.DeclineCode, want)
	}
}

func (s suite) identity(t *testing.T) {
	if name := s.h.Provider.Name(); name == "" || name != strings.ToLower(name) {
		t.Errorf("Name is %q", name)
	}
	if s.h.Mint != nil {
		x := s.prepare(t, Approve)
		if s.h.Provider.Reusable(x.charge.Credential) {
			t.Error("a delegated token counts as reusable")
		}
	}
	if s.h.Provider.Reusable(payment.Credential{}) {
		t.Error("no token counts as reusable")
	}
}

func (s suite) build(t *testing.T) {
	x := s.prepare(t, Approve)
	again, err := s.h.Provider.Build(x.charge)
	if err != nil || !bytes.Equal(again, x.body) {
		t.Errorf("the same charge was built as other bytes (err %v)", err)
	}
	for name, change := range map[string]func(*payment.Charge){
		"another amount":  func(c *payment.Charge) { c.Amount-- },
		"another attempt": func(c *payment.Charge) { c.AttemptID += "x" },
	} {
		c := x.charge
		change(&c)
		if other, err := s.h.Provider.Build(c); err != nil || bytes.Equal(other, x.body) {
			t.Errorf("%s: the bytes are the same (err %v)", name, err)
		}
	}
	for name, change := range map[string]func(*payment.Charge){
		"no attempt":      func(c *payment.Charge) { c.AttemptID = "" },
		"no token":        func(c *payment.Charge) { c.Credential = payment.Credential{} },
		"amount zero":     func(c *payment.Charge) { c.Amount = 0 },
		"negative amount": func(c *payment.Charge) { c.Amount = -1 },
		"no currency":     func(c *payment.Charge) { c.Currency = "" },
	} {
		c := x.charge
		change(&c)
		if _, err := s.h.Provider.Build(c); err == nil {
			t.Errorf("%s: built without an error", name)
		} else if strings.Contains(err.Error(), x.charge.Credential.Token.Reveal()) {
			t.Errorf("%s: the error repeats the payment token", name)
		}
	}
	s.wantBooks(t, x.charge.SessionID, nothing)
}

func (s suite) outcomes(t *testing.T) {
	for _, o := range []Outcome{Approve, Decline, NoFunds, ExpiredCard, WrongCVC, Fraud, TechnicalFault, Authentication} {
		t.Run(string(o), func(t *testing.T) {
			x := s.prepare(t, o)
			r := s.send(t, x)
			wantClass(t, r, o.Class())
			if o == Approve {
				wantCaptured(t, r)
				s.wantBooks(t, x.charge.SessionID, once)
			} else {
				s.wantBooks(t, x.charge.SessionID, nothing)
			}
			if later := s.reconcile(t, x); later.Class != r.Class || later.PSPRef != r.PSPRef {
				t.Errorf("Reconcile says %+v, Send said %+v", later, r)
			}
		})
	}
}

// sameKeyAgain: the same bytes under the same key are one charge, with one
// answer.
func (s suite) sameKeyAgain(t *testing.T) {
	for _, o := range []Outcome{Approve, Decline} {
		x := s.prepare(t, o)
		first := s.send(t, x)
		for range 3 {
			again := s.send(t, x)
			first.RequestID, again.RequestID = "", ""
			if again != first {
				t.Errorf("%s: the second answer is %+v, the first %+v", o, again, first)
			}
		}
		if o == Approve {
			s.wantBooks(t, x.charge.SessionID, once)
		}
	}
}

// sameKeyOtherBody: no second charge, and no claim about the first.
func (s suite) sameKeyOtherBody(t *testing.T) {
	x := s.prepare(t, Approve)
	wantCaptured(t, s.send(t, x))
	c := x.charge
	c.Amount--
	body, err := s.h.Provider.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	other := try{attempt: x.attempt, charge: c, body: body}
	wantClass(t, s.send(t, other), payment.ClassUnknown)
	s.wantBooks(t, x.charge.SessionID, once)
	wantCaptured(t, s.reconcile(t, x))
}

func (s suite) manyAtOnce(t *testing.T) {
	x := s.prepare(t, Approve)
	var wg sync.WaitGroup
	var mu sync.Mutex
	captured := 0
	for range 50 {
		wg.Go(func() {
			r, err := s.h.Provider.Send(t.Context(), x.attempt.IdemKey, x.body)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Errorf("Send: %v", err)
			case r.Class == payment.ClassCaptured:
				captured++
			case r.Class != payment.ClassUnknown:
				t.Errorf("Send: %+v", r)
			}
		})
	}
	wg.Wait()
	if captured == 0 {
		t.Error("nobody was told about the charge")
	}
	wantCaptured(t, s.reconcile(t, x))
	s.wantBooks(t, x.charge.SessionID, once)
}
