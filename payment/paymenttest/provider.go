package paymenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
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
	t.Run("ReusableToken", s.reusableToken)
	t.Run("TokenMisuse", s.tokenMisuse)
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

func (s suite) reconcile(t *testing.T, x try) payment.Result {
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

// invented is a token that looks like the credential's and does not exist.
func invented(cred payment.Credential) secret.String {
	token := []byte(cred.Token.Reveal())
	last := len(token) - 1
	if token[last]++; token[last] > 'z' || token[last] == '9'+1 {
		token[last] = '0'
	}
	return secret.New(string(token))
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

func (s suite) reusableToken(t *testing.T) {
	if s.h.Reusable.Token.IsZero() {
		t.Skip("the PSP has no reusable test tokens")
	}
	if !s.h.Provider.Reusable(s.h.Reusable) {
		t.Error("the reusable token does not count as reusable")
	}
	for range 2 {
		x := s.ready(t, id.New(id.Session, time.Now()), s.h.Reusable)
		wantCaptured(t, s.send(t, x))
		wantCaptured(t, s.send(t, x))
		s.wantBooks(t, x.charge.SessionID, once)
	}
}

// tokenMisuse: a token is good for one charge of its session, merchant,
// currency, amount and time.
func (s suite) tokenMisuse(t *testing.T) {
	if s.h.Mint == nil {
		t.Skip("the harness cannot mint tokens")
	}
	grant := func(change func(*Allowance)) (string, payment.Credential) {
		a := Allowance{Outcome: Approve, SessionID: id.New(id.Session, time.Now()), MaxAmount: amount, Currency: currency, Lifetime: time.Hour}
		change(&a)
		return a.SessionID, s.h.Mint(t, a)
	}
	asIs := func(*Allowance) {}
	refused := func(t *testing.T, x try, want payment.Class, books Books) {
		t.Helper()
		wantClass(t, s.send(t, x), want)
		s.wantBooks(t, x.charge.SessionID, books)
	}
	t.Run("OtherSession", func(t *testing.T) {
		_, cred := grant(asIs)
		refused(t, s.ready(t, id.New(id.Session, time.Now()), cred), payment.ClassTokenInvalid, nothing)
	})
	t.Run("OtherMerchant", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.OtherMerchant = true })
		refused(t, s.ready(t, session, cred), payment.ClassTokenInvalid, nothing)
	})
	t.Run("OtherCurrency", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.Currency = "eur" })
		refused(t, s.ready(t, session, cred), payment.ClassCurrencyMismatch, nothing)
	})
	t.Run("LargerAmount", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.MaxAmount = amount - 1 })
		refused(t, s.ready(t, session, cred), payment.ClassAmountExceeded, nothing)
	})
	t.Run("SmallerAmount", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.MaxAmount = amount + 1 })
		wantCaptured(t, s.send(t, s.ready(t, session, cred)))
	})
	t.Run("Expired", func(t *testing.T) {
		if s.h.Advance == nil {
			t.Skip("the harness cannot move the PSP's clock")
		}
		session, cred := grant(func(a *Allowance) { a.Lifetime = time.Minute })
		s.h.Advance(t, time.Minute)
		refused(t, s.ready(t, session, cred), payment.ClassTokenExpired, nothing)
	})
	t.Run("Used", func(t *testing.T) {
		session, cred := grant(asIs)
		wantCaptured(t, s.send(t, s.ready(t, session, cred)))
		refused(t, s.ready(t, session, cred), payment.ClassTokenUsed, once)
	})
	t.Run("Invented", func(t *testing.T) {
		session, cred := grant(asIs)
		refused(t, s.ready(t, session, cred, func(c *payment.Charge) { c.Credential.Token = invented(cred) }), payment.ClassTokenInvalid, nothing)
	})
	t.Run("NotUsedByADecline", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.Outcome = Decline })
		for range 2 {
			refused(t, s.ready(t, session, cred), payment.ClassDeclined, nothing)
		}
	})
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

// lostAnswer: the money was taken and nobody said so. Send must not guess, and
// Reconcile must find the one charge.
func (s suite) lostAnswer(t *testing.T) {
	for _, f := range []Fault{DropAfterCommit, ErrorAfterCommit} {
		t.Run(string(f), func(t *testing.T) {
			x := s.prepare(t, Approve)
			s.breakNext(t, f)
			s.lost(t, x)
		})
	}
	for _, o := range []Outcome{ApproveAndDrop, ApproveAndError} {
		t.Run(string(o), func(t *testing.T) { s.lost(t, s.prepare(t, o)) })
	}
}

func (s suite) lost(t *testing.T, x try) {
	t.Helper()
	wantClass(t, s.send(t, x), payment.ClassUnknown)
	wantCaptured(t, s.reconcile(t, x))
	wantCaptured(t, s.send(t, x)) // under the same key, it is the same charge
	s.wantBooks(t, x.charge.SessionID, once)
}

// lostRequest: nothing was charged and nobody said so. Send must not guess,
// Reconcile gives a definite no, and sending again charges once.
func (s suite) lostRequest(t *testing.T) {
	for _, f := range []Fault{DropBeforeCommit, ErrorBeforeCommit} {
		t.Run(string(f), func(t *testing.T) {
			x := s.prepare(t, Approve)
			s.breakNext(t, f)
			wantClass(t, s.send(t, x), payment.ClassUnknown)
			wantClass(t, s.reconcile(t, x), payment.ClassNotFound)
			s.wantBooks(t, x.charge.SessionID, nothing)
			wantCaptured(t, s.send(t, x))
			wantCaptured(t, s.reconcile(t, x))
			s.wantBooks(t, x.charge.SessionID, once)
		})
	}
}

func (s suite) neverSent(t *testing.T) {
	x := s.prepare(t, Approve)
	wantClass(t, s.reconcile(t, x), payment.ClassNotFound)
	wantClass(t, s.reconcile(t, x), payment.ClassNotFound)
	s.wantBooks(t, x.charge.SessionID, nothing)
}

// unreachable: without a connection nothing was sent, and that is certain.
func (s suite) unreachable(t *testing.T) {
	if s.h.Unreachable == nil {
		t.Skip("the harness has no unreachable provider")
	}
	x := s.prepare(t, Approve)
	_, err := s.h.Unreachable.Send(t.Context(), x.attempt.IdemKey, x.body)
	if !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("Send: %v, want ErrNotSent", err)
	}
	if err != nil && strings.Contains(err.Error(), x.charge.Credential.Token.Reveal()) {
		t.Error("the error repeats the payment token")
	}
	// Asking in vain tells nothing about the attempt.
	r, err := s.h.Unreachable.Reconcile(t.Context(), x.attempt)
	if err == nil && r.Class != payment.ClassUnknown {
		t.Errorf("Reconcile: %+v", r)
	}
}

func (s suite) timeIsUp(t *testing.T) {
	x := s.prepare(t, Approve)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := s.h.Provider.Send(ctx, x.attempt.IdemKey, x.body)
	if !errors.Is(err, payment.ErrNotSent) && (err != nil || r.Class != payment.ClassUnknown) {
		t.Errorf("Send with no time left: %+v, %v", r, err)
	}
	if r, err := s.h.Provider.Reconcile(ctx, x.attempt); err == nil && r.Class != payment.ClassUnknown {
		t.Errorf("Reconcile with no time left: %+v", r)
	}
}

// wrongKeys: a charge is refused for certain; a question is just not answered.
func (s suite) wrongKeys(t *testing.T) {
	if s.h.WrongKeys == nil {
		t.Skip("the harness has no provider with wrong keys")
	}
	x := s.prepare(t, Approve)
	r, err := s.h.WrongKeys.Send(t.Context(), x.attempt.IdemKey, x.body)
	if err != nil || r.Class != payment.ClassConfig {
		t.Errorf("Send: %+v, %v", r, err)
	}
	r, err = s.h.WrongKeys.Reconcile(t.Context(), x.attempt)
	if err == nil && r.Class != payment.ClassUnknown {
		t.Errorf("Reconcile: %+v", r)
	}
	s.wantBooks(t, x.charge.SessionID, nothing)
}

func (s suite) rateLimited(t *testing.T) {
	x := s.prepare(t, Approve)
	s.breakNext(t, RateLimited)
	wantClass(t, s.send(t, x), payment.ClassRateLimited)
	s.wantBooks(t, x.charge.SessionID, nothing)
	wantCaptured(t, s.send(t, x))
}

// wrongAmount: the adapter passes on what the PSP says; the core compares.
func (s suite) wrongAmount(t *testing.T) {
	x := s.prepare(t, Approve)
	s.breakNext(t, WrongAmount)
	if r := s.send(t, x); r.Class == payment.ClassCaptured && r.Amount == amount {
		t.Errorf("the PSP said another amount, the adapter %+v", r)
	}
	wantCaptured(t, s.reconcile(t, x))
}

// failingLookup: no answer is not a no.
func (s suite) failingLookup(t *testing.T) {
	x := s.prepare(t, Approve)
	s.breakNext(t, LookupFails)
	r, err := s.h.Provider.Reconcile(t.Context(), x.attempt)
	if err == nil && r.Class != payment.ClassUnknown {
		t.Errorf("Reconcile: %+v", r)
	}
	wantCaptured(t, s.send(t, x))
}
