package paymenttest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment"
)

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
// Reconcile gives a definite no where it can, and sending again charges once.
func (s suite) lostRequest(t *testing.T) {
	for _, f := range []Fault{DropBeforeCommit, ErrorBeforeCommit} {
		t.Run(string(f), func(t *testing.T) {
			x := s.prepare(t, Approve)
			s.breakNext(t, f)
			wantClass(t, s.send(t, x), payment.ClassUnknown)
			wantClass(t, s.ask(t, x), s.no())
			s.wantBooks(t, x.charge.SessionID, nothing)
			wantCaptured(t, s.send(t, x))
			wantCaptured(t, s.reconcile(t, x))
			s.wantBooks(t, x.charge.SessionID, once)
		})
	}
}

func (s suite) neverSent(t *testing.T) {
	x := s.prepare(t, Approve)
	wantClass(t, s.ask(t, x), s.no())
	wantClass(t, s.ask(t, x), s.no())
	s.wantBooks(t, x.charge.SessionID, nothing)
}

// no is what Reconcile says of an attempt that the PSP never saw. A PSP that
// tells only when it is sent the payment again must not be said to know.
func (s suite) no() payment.Class {
	if s.resends() {
		return payment.ClassUnknown
	}
	return payment.ClassNotFound
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
