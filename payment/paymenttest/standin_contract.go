package paymenttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// StandInHarness is a StandIn with an adapter that talks to it and has its
// clock.
type StandInHarness struct {
	PSP      StandIn
	Provider interface {
		payment.Provider
		payment.Webhooks
	}
	MerchantID string
	// Alike is that of a Harness.
	Alike map[payment.Class]payment.Class
	// Undecided is what a slow payment is at first: ClassPending when empty.
	Undecided payment.Class
	// SilentHolds is set where no webhook tells that a hold has ended.
	SilentHolds bool
}

// TestStandIn proves the switches of a StandIn, so that tests of whole servers
// can rely on them: each does what it says, and does it to one session.
func TestStandIn(t *testing.T, h StandInHarness) {
	s := switches{h, suite{Harness{Provider: h.Provider, MerchantID: h.MerchantID,
		Mint: func(_ testing.TB, a Allowance) payment.Credential {
			return payment.Credential{Type: "spt", Token: secret.New(h.PSP.Mint(a))}
		},
		Books: func(_ testing.TB, session string) Books { return h.PSP.Books(session) },
		Break: func(_ testing.TB, f Fault) { h.PSP.Break(f) },
	}}}
	t.Run("Outcomes", s.outcomes)
	t.Run("Slow", s.slow)
	t.Run("Storm", s.storm)
	t.Run("Timeout", s.timeout)
	t.Run("FaultsInARow", s.faultsInARow)
	t.Run("Webhooks", s.webhooks)
	t.Run("EndHold", s.endHold)
	t.Run("RefundElsewhere", s.refundElsewhere)
	t.Run("Dispute", s.dispute)
	t.Run("LateWebhook", s.lateWebhook)
	t.Run("ExpiredToken", s.expiredToken) // last, because it moves the clock
}

type switches struct {
	h StandInHarness
	suite
}

// notices delivers the webhooks that wait.
func (s switches) notices(t *testing.T) (all []payment.Notice) {
	t.Helper()
	for _, w := range s.h.PSP.Webhooks() {
		n, answer, err := s.h.Provider.ReceiveWebhook(w)
		if err != nil || answer.Status != 200 {
			t.Fatalf("a webhook was refused: %v, %+v", err, answer)
		}
		all = append(all, n...)
	}
	return all
}

// sale makes a payment and lets the night pass; the webhooks wait.
func (s switches) sale(t *testing.T) (try, payment.Result) {
	t.Helper()
	s.notices(t)
	x := s.prepare(t, Approve)
	r := s.send(t, x)
	wantCaptured(t, r)
	s.h.PSP.Settle()
	return x, r
}

// paidNotices are those that tell that an attempt was paid.
func paidNotices(all []payment.Notice, x try) (paid []payment.Notice) {
	for _, n := range all {
		if n.Subject == payment.AboutPayment && n.Reference == x.attempt.ID && n.Final && n.Result.Class == payment.ClassCaptured {
			paid = append(paid, n)
		}
	}
	return paid
}

func (s switches) slow(t *testing.T) {
	undecided := s.h.Undecided
	if undecided == "" {
		undecided = payment.ClassPending
	}
	for _, paid := range []bool{true, false} {
		s.notices(t)
		x := s.prepare(t, Slow)
		wantClass(t, s.send(t, x), undecided)
		s.h.PSP.Decide(paid)
		s.h.PSP.Settle()
		want, told := nothing, 0
		if paid {
			want, told = once, 1
		}
		s.wantBooks(t, x.charge.SessionID, want)
		if got := paidNotices(s.notices(t), x); len(got) != told {
			t.Errorf("decided %v: %+v", paid, got)
		}
	}
}

// storm: a repeat under the same key goes through when it is over.
func (s switches) storm(t *testing.T) {
	const n = 5
	x := s.prepare(t, Approve)
	s.h.PSP.Storm(n)
	for range n {
		wantClass(t, s.send(t, x), payment.ClassUnknown)
		s.wantBooks(t, x.charge.SessionID, nothing)
	}
	wantCaptured(t, s.send(t, x))
	s.wantBooks(t, x.charge.SessionID, once)
}

func (s switches) timeout(t *testing.T) {
	for f, after := range map[Fault]Books{TimeoutBeforeCommit: nothing, TimeoutAfterCommit: once} {
		t.Run(string(f), func(t *testing.T) {
			x := s.prepare(t, Approve)
			s.h.PSP.Break(f)
			ctx, cancel := context.WithTimeout(t.Context(), Silence)
			defer cancel()
			r, err := s.h.Provider.Send(ctx, x.attempt.IdemKey, x.body)
			if err != nil || r.Class != payment.ClassUnknown {
				t.Errorf("Send: %+v, %v", r, err)
			}
			s.wantBooks(t, x.charge.SessionID, after)
			wantCaptured(t, s.send(t, x))
			s.wantBooks(t, x.charge.SessionID, once)
		})
	}
}

// faultsInARow: faults are queued, one a request.
func (s switches) faultsInARow(t *testing.T) {
	x := s.prepare(t, Approve)
	s.h.PSP.Break(DropBeforeCommit, RateLimited, DropAfterCommit)
	for _, want := range []payment.Class{payment.ClassUnknown, payment.ClassRateLimited, payment.ClassUnknown} {
		wantClass(t, s.send(t, x), want)
	}
	wantCaptured(t, s.send(t, x))
	s.wantBooks(t, x.charge.SessionID, once)
}

func (s switches) webhooks(t *testing.T) {
	defer s.h.PSP.Deliver(Delivery{})
	s.h.PSP.Deliver(Delivery{})
	x, r := s.sale(t)
	one := paidNotices(s.notices(t), x)
	if len(one) != 1 || one[0].PSPRef != r.PSPRef || one[0].Result.Amount != amount {
		t.Fatalf("%+v", one)
	}
	if again := s.notices(t); len(again) != 0 {
		t.Errorf("taken a second time: %+v", again)
	}

	s.h.PSP.Deliver(Delivery{Twice: true})
	x, _ = s.sale(t)
	if two := paidNotices(s.notices(t), x); len(two) != 2 || two[0].ID != two[1].ID {
		t.Errorf("twice: %+v", two)
	}

	s.h.PSP.Deliver(Delivery{Backwards: true})
	x, _ = s.sale(t)
	y := s.prepare(t, Approve)
	wantCaptured(t, s.send(t, y))
	s.h.PSP.Settle()
	var order []string
	for _, n := range s.notices(t) {
		order = append(order, n.Reference)
	}
	if slices.Index(order, y.attempt.ID) > slices.Index(order, x.attempt.ID) {
		t.Errorf("backwards: %q, of %s and then %s", order, x.attempt.ID, y.attempt.ID)
	}

	s.h.PSP.Deliver(Delivery{WrongAmount: true})
	x, _ = s.sale(t)
	if wrong := paidNotices(s.notices(t), x); len(wrong) != 1 || wrong[0].Result.Amount != amount-1 {
		t.Errorf("with another amount: %+v", wrong)
	}
	s.wantBooks(t, x.charge.SessionID, once)
}

func (s switches) endHold(t *testing.T) {
	x := s.prepare(t, Approve, func(c *payment.Charge) { c.Capture = payment.CaptureLater })
	held := s.send(t, x)
	wantClass(t, held, payment.ClassAuthorized)
	s.notices(t)
	s.h.PSP.EndHold(held.PSPRef)
	s.wantBooks(t, x.charge.SessionID, nothing)
	told := false
	for _, n := range s.notices(t) {
		told = told || (n.Subject == payment.AboutPayment && n.PSPRef == held.PSPRef && n.Final && n.Result.Class == payment.ClassVoided)
	}
	if told == s.h.SilentHolds {
		t.Errorf("a webhook tells that the hold has ended: %v", told)
	}
	if s.h.SilentHolds {
		x.attempt.State, x.attempt.PSPRef = payment.Authorized, held.PSPRef
		wantClass(t, s.ask(t, x), payment.ClassVoided)
	}
}

// refundElsewhere: a refund of the dashboard has no reference of ours.
func (s switches) refundElsewhere(t *testing.T) {
	x, r := s.sale(t)
	s.notices(t)
	s.h.PSP.RefundElsewhere(r.PSPRef, 500)
	s.h.PSP.Settle()
	s.wantBooks(t, x.charge.SessionID, Books{Charges: 1, Taken: amount - 500})
	for _, n := range s.notices(t) {
		if n.Subject == payment.AboutOperation && n.OpKind == payment.OpRefund && n.Reference == "" && n.PSPRef == r.PSPRef && n.OpRef != "" &&
			n.Final && n.Result.Class == payment.ClassRefunded && n.Result.Amount == 500 {
			return
		}
	}
	t.Error("no webhook tells of it")
}

func (s switches) dispute(t *testing.T) {
	for won, state := range map[bool]payment.DisputeState{true: payment.DisputeWon, false: payment.DisputeLost} {
		_, r := s.sale(t)
		s.notices(t)
		id := s.h.PSP.Dispute(r.PSPRef)
		open := s.notices(t)
		s.h.PSP.CloseDispute(id, won)
		all := append(open, s.notices(t)...)
		if len(open) == 0 || len(all) == len(open) {
			t.Fatalf("%+v", all)
		}
		for _, n := range all {
			if n.Subject != payment.AboutDispute || n.OpRef != id || n.PSPRef != r.PSPRef || n.Result.Amount != amount || n.Result.Currency != currency {
				t.Errorf("%+v", n)
			}
		}
		if last := all[len(all)-1]; open[0].Dispute != payment.DisputeOpen || last.Dispute != state || !last.Final {
			t.Errorf("%+v, and in the end %+v", open[0], last)
		}
	}
}

// lateWebhook: what is delivered days later says what it said.
func (s switches) lateWebhook(t *testing.T) {
	x, r := s.sale(t)
	s.h.PSP.Advance(72 * time.Hour)
	if paid := paidNotices(s.notices(t), x); len(paid) != 1 || paid[0].PSPRef != r.PSPRef {
		t.Errorf("%+v", paid)
	}
}

func (s switches) expiredToken(t *testing.T) {
	x := s.prepare(t, Approve) // its token lives for an hour
	s.h.PSP.Advance(2 * time.Hour)
	r := s.send(t, x)
	want := payment.ClassTokenExpired
	if alike, ok := s.h.Alike[want]; ok && r.Class == alike {
		want = alike
	}
	wantClass(t, r, want)
	s.wantBooks(t, x.charge.SessionID, nothing)
}
