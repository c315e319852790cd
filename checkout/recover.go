package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/payment"
)

// resendWindow is how long after its first sending a payment may be sent again
// under its own key when the PSP has no trace of it. A buyer who pressed pay a
// moment ago still wants the goods; one who did so an hour ago has gone.
const resendWindow = 2 * time.Minute

// notSent marks the result of a request that never left this machine.
const notSent = "not_sent"

// take sends the attempt, or asks about it, until the outcome is clear or the
// budget is spent. It takes no longer than one call and the budget together.
func (p *purchase) take(ctx context.Context) payment.Result {
	ctx, cancel := context.WithTimeout(ctx, p.timeout+p.budget)
	defer cancel()
	var r payment.Result
	if p.body != nil {
		r = p.send(ctx, p.provider, p.attempt, p.body)
	} else {
		r = p.ask(ctx, p.provider, p.attempt)
	}
	deadline := p.now().Add(p.budget)
	for pause := 100 * time.Millisecond; r.Class == payment.ClassUnknown; pause = min(2*pause, 4*time.Second) {
		if p.now().Add(pause).After(deadline) {
			break
		}
		wait(ctx, pause)
		r = p.ask(ctx, p.provider, p.attempt)
	}
	return r
}

// send asks the PSP for the money under the attempt's own key. A process whose
// lease has ended sends nothing: it may have stood still for long, and whoever
// took the attempt over may have closed it.
func (s *Service) send(ctx context.Context, pr payment.Provider, a *payment.Attempt, body []byte) payment.Result {
	if !s.now().Before(a.LeaseUntil) {
		s.log.WarnContext(ctx, "payment not sent: this process was slower than its lease", "attempt", a.ID)
		return payment.Result{Class: payment.ClassUnknown}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := pr.Send(ctx, a.IdemKey, body)
	if err != nil {
		if !errors.Is(err, payment.ErrNotSent) {
			s.log.ErrorContext(ctx, "payment not sent", "attempt", a.ID, "error", err)
			return payment.Result{Class: payment.ClassUnknown}
		}
		s.log.WarnContext(ctx, "payment provider not reachable", "attempt", a.ID, "error", err)
		return payment.Result{Class: payment.ClassProcessorError, DeclineCode: notSent}
	}
	return s.verify(a, r)
}

// ask learns what became of an attempt that was sent before, by this process
// or another. If the PSP has no trace of it and it is recent, the same bytes
// are sent again under the same key, which can charge at most once; if it is
// not recent, it has failed. They are sent again too where that is the only
// way to learn the outcome.
func (s *Service) ask(ctx context.Context, pr payment.Provider, a *payment.Attempt) payment.Result {
	if a.Kind == payment.OnPage {
		hosted, ok := pr.(payment.Hosted)
		if !ok {
			s.log.ErrorContext(ctx, "the payment provider has no payment pages any more", "attempt", a.ID)
			return payment.Result{Class: payment.ClassUnknown}
		}
		return s.askPage(ctx, hosted, a, "")
	}
	asking, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := pr.Reconcile(asking, *a)
	if err != nil {
		s.log.WarnContext(ctx, "payment provider not reachable", "attempt", a.ID, "error", err)
		return payment.Result{Class: payment.ClassUnknown}
	}
	age := s.now().Sub(a.CreatedAt)
	again := r.Class == payment.ClassNotFound && age <= resendWindow
	learn := false
	if psp, ok := pr.(payment.Resendable); ok && r.Class == payment.ClassUnknown {
		learn = age <= psp.ResendToLearn()
	}
	if !again && !learn {
		return s.verify(a, r)
	}
	body, err := s.box.Open(a.Sealed, a.ID)
	if err != nil {
		s.log.ErrorContext(ctx, "sealed payment request cannot be opened; was a sealing key removed too early?", "attempt", a.ID, "error", err)
		return payment.Result{Class: payment.ClassUnknown}
	}
	// A PSP that cannot be reached now may still have been reached before:
	// "not sent" says nothing about the first time.
	r = s.send(ctx, pr, a, body)
	switch {
	case r.DeclineCode == notSent:
		return payment.Result{Class: payment.ClassUnknown}
	case learn && !ofThePayment(r):
		return payment.Result{Class: payment.ClassUnknown, PSPRef: r.PSPRef, RequestID: r.RequestID, DeclineCode: r.DeclineCode}
	}
	return r
}

// ofThePayment reports whether an answer to bytes that were sent before tells
// what became of the payment. That the PSP now refuses our keys, the rate, the
// token or the request says nothing about the first time.
func ofThePayment(r payment.Result) bool {
	switch r.Class {
	case payment.ClassAuthorized, payment.ClassCaptured, payment.ClassPending, payment.ClassDeclined, payment.ClassRequiresAction:
		return true
	case payment.ClassProcessorError:
		return r.PSPRef != "" // there is a payment, and it failed
	}
	return false
}

// Jobs are the durable jobs of this room, by kind.
func (s *Service) Jobs() map[string]func(context.Context, job.Job) error {
	return map[string]func(context.Context, job.Job) error{reconcileKind: s.reconcile, expiryKind: s.endExpired}
}

// reconcile is the job that finishes what a crash or a silent PSP left open.
func (s *Service) reconcile(ctx context.Context, j job.Job) error {
	var ref reconcilePayload
	if err := json.Unmarshal(j.Payload, &ref); err != nil {
		return job.Permanent(err)
	}
	a, ours, err := s.own(ctx, ref)
	if err != nil || a == nil {
		return err
	}
	if !ours {
		return job.RetryAfter(max(a.LeaseUntil.Sub(s.now()), time.Second))
	}
	class, err := s.askAndSettle(ctx, a, "reconcile")
	if err != nil {
		return err
	}
	if class == payment.ClassPending && a.Kind == payment.OnPage {
		return job.RetryAfter(pageAsking) // the buyer takes the time that the page allows
	}
	if class.State().Live() {
		return fmt.Errorf("payment %s of session %s is still %s", a.ID, a.SessionID, class)
	}
	return nil
}

// askAndSettle asks the PSP about an attempt that this process owns, and
// records what it says.
func (s *Service) askAndSettle(ctx context.Context, a *payment.Attempt, who string) (payment.Class, error) {
	m, err := s.merchants.Merchant(ctx, a.MerchantID)
	if err != nil {
		return "", err
	}
	setup, ok := m.accountOf(a)
	if !ok {
		return "", otherAccount(a)
	}
	asking, cancel := context.WithTimeout(ctx, s.timeout+s.budget) // within the lease
	defer cancel()
	r := s.ask(asking, setup.Provider, a)
	_, err = s.settle(ctx, a, r, who, nil)
	return r.Class, err
}

// otherAccount is the fault of a configuration that has lost the account of an
// open attempt: no other one can say what became of it.
func otherAccount(a *payment.Attempt) error {
	return fmt.Errorf("attempt %s was sent to account %s at %s, which is not configured any more", a.ID, a.Account, a.Provider)
}

// own takes the attempt's lease. a is nil when its outcome is known already;
// ours is false while another process holds the lease.
func (s *Service) own(ctx context.Context, ref reconcilePayload) (a *payment.Attempt, ours bool, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		now := s.now()
		if a, err = tx.Attempt(ref.MerchantID, ref.AttemptID); err != nil {
			return err
		}
		if !a.State.Live() {
			a, ours = nil, false
			return nil
		}
		if ours = !a.LeaseUntil.After(now); !ours {
			return nil
		}
		a.LeaseUntil = s.lease(now)
		return tx.SaveAttempt(a)
	})
	return a, ours, err
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
