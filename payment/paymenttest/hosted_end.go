package paymenttest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/payment"
)

// paid: what the buyer paid is learned, with the payment's own id, as often as
// is asked; closing the page afterwards changes nothing.
func (s pages) paid(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			x := s.open(t, func(c *payment.HostedCharge) { c.Capture = m.mode })
			wantClass(t, s.learn(t, x), payment.ClassPending)
			s.wantBooks(t, x, nothing)
			if !s.h.Pay(t, x.page.Ref, Approve) {
				t.Fatal("the page takes no payment")
			}
			first := s.learn(t, x)
			s.wantPaid(t, x, first, m.class)
			if again := s.learn(t, x); again.PSPRef != first.PSPRef || again.Class != first.Class {
				t.Errorf("got %+v, before %+v", again, first)
			}
			s.wantPaid(t, x, s.orTold(t, x, s.closes(t, x, x.page.Ref)), m.class)
			if s.h.Pay(t, x.page.Ref, Approve) {
				t.Error("the page was paid a second time")
			}
			s.wantPaid(t, x, s.learn(t, x), m.class)
		})
	}
}

// tryAgain: a declined try is not the end of a page.
func (s pages) tryAgain(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			x := s.open(t, func(c *payment.HostedCharge) { c.Capture = m.mode })
			for _, o := range []Outcome{Decline, NoFunds, Fraud} {
				if s.h.Pay(t, x.page.Ref, o) {
					t.Fatalf("the page took a method that comes to %s", o)
				}
				wantClass(t, s.learn(t, x), payment.ClassPending)
				s.wantBooks(t, x, nothing)
			}
			if !s.h.Pay(t, x.page.Ref, Approve) {
				t.Fatal("the page takes no payment after a declined one")
			}
			s.wantPaid(t, x, s.learn(t, x), m.class)
		})
	}
}

// left: a buyer who goes away can come back, until the page is closed.
func (s pages) left(t *testing.T) {
	if s.h.Leave == nil {
		t.Skip("the harness has no buyer who leaves")
	}
	for _, declinedBefore := range []bool{false, true} {
		x := s.open(t)
		if declinedBefore {
			s.h.Pay(t, x.page.Ref, Decline)
		}
		s.h.Leave(t, x.page.Ref)
		wantClass(t, s.learn(t, x), payment.ClassPending)
		if !s.h.Pay(t, x.page.Ref, Approve) {
			t.Fatal("the page takes no payment of a buyer who came back")
		}
		s.wantPaid(t, x, s.learn(t, x), payment.ClassCaptured)

		y := s.open(t)
		s.h.Leave(t, y.page.Ref)
		s.wantClosed(t, y)
		s.wantBooks(t, y, nothing)
	}
}

// slow: some methods take their time. Until the PSP has decided nobody knows,
// and the page cannot be closed over it.
func (s pages) slow(t *testing.T) {
	if s.h.Decide == nil {
		t.Skip("the PSP has no slow methods")
	}
	wait := func(t *testing.T) sheet {
		t.Helper()
		x := s.open(t)
		if !s.h.Pay(t, x.page.Ref, Slow) {
			t.Fatal("the page takes no slow method")
		}
		wantClass(t, s.learn(t, x), payment.ClassPending)
		wantClass(t, s.orTold(t, x, s.closes(t, x, x.page.Ref)), payment.ClassPending)
		if s.h.Pay(t, x.page.Ref, Approve) {
			t.Error("a page with a payment under way took another")
		}
		wantClass(t, s.learn(t, x), payment.ClassPending)
		return x
	}
	t.Run("pays", func(t *testing.T) {
		x := wait(t)
		s.h.Decide(t, x.page.Ref, true)
		s.wantPaid(t, x, s.learn(t, x), payment.ClassCaptured)
	})
	t.Run("does not pay", func(t *testing.T) {
		x := wait(t)
		s.h.Decide(t, x.page.Ref, false)
		// The page has ended with it, or is open for another try.
		if r := s.learn(t, x); r.Class == payment.ClassPending {
			s.wantClosed(t, x)
		} else {
			wantClass(t, r, payment.ClassDeclined)
		}
		s.wantBooks(t, x, nothing)
		if s.h.Unclosable {
			return
		}
		if s.h.Pay(t, x.page.Ref, Approve) {
			t.Error("the page was paid after its end")
		}
		s.wantBooks(t, x, nothing)
	})
}

// twoTabs: however many tabs are open on a page, it is paid once.
func (s pages) twoTabs(t *testing.T) {
	x := s.open(t)
	var taken atomic.Int32
	var tabs sync.WaitGroup
	for range 8 {
		tabs.Go(func() {
			if s.h.Pay(t, x.page.Ref, Approve) {
				taken.Add(1)
			}
		})
	}
	tabs.Wait()
	if n := taken.Load(); n != 1 {
		t.Errorf("paid %d times", n)
	}
	s.wantPaid(t, x, s.learn(t, x), payment.ClassCaptured)
}

// wantClosed closes a page that is not paid. Where that cannot be done nothing
// is claimed of it.
func (s pages) wantClosed(t *testing.T, x sheet) {
	t.Helper()
	want := payment.ClassNotFound
	if s.h.Unclosable {
		want = payment.ClassPending
	}
	wantClass(t, s.closes(t, x, x.page.Ref), want)
}

// closed: a page that was closed takes no payment, and none is claimed. One
// that cannot be closed can be paid all the same, and that counts.
func (s pages) closed(t *testing.T) {
	for _, declinedBefore := range []bool{false, true} {
		x := s.open(t)
		if declinedBefore {
			s.h.Pay(t, x.page.Ref, Decline)
		}
		for range 2 {
			s.wantClosed(t, x)
		}
		if s.h.Unclosable {
			if !s.h.Pay(t, x.page.Ref, Approve) {
				t.Fatal("the page takes no payment")
			}
			s.wantPaid(t, x, s.learn(t, x), payment.ClassCaptured)
			continue
		}
		if s.h.Pay(t, x.page.Ref, Approve) {
			t.Error("a closed page was paid")
		}
		wantClass(t, s.learn(t, x), payment.ClassNotFound)
		s.wantBooks(t, x, nothing)
	}
}

// closeLost: when the answer to closing is lost, closing again tells.
func (s pages) closeLost(t *testing.T) {
	if s.h.Unclosable {
		t.Skip("the page cannot be closed")
	}
	for _, f := range []Fault{DropBeforeCommit, DropAfterCommit, ErrorAfterCommit} {
		t.Run(string(f), func(t *testing.T) {
			x := s.open(t)
			s.breakNext(t, f)
			r := s.closes(t, x, x.page.Ref)
			usable := f == DropBeforeCommit
			if r.Class != payment.ClassUnknown && (usable || r.Class != payment.ClassNotFound) && (!usable || r.Class != payment.ClassPending) {
				t.Errorf("got %+v", r)
			}
			wantClass(t, s.closes(t, x, x.page.Ref), payment.ClassNotFound)
			if s.h.Pay(t, x.page.Ref, Approve) {
				t.Error("a closed page was paid")
			}
		})
	}
}

// expired: time closes a page too.
func (s pages) expired(t *testing.T) {
	if s.h.Advance == nil {
		t.Skip("the harness cannot move the PSP's clock")
	}
	x, declined, kept := s.open(t), s.open(t), s.open(t)
	s.h.Pay(t, declined.page.Ref, Decline)
	if !s.h.Pay(t, kept.page.Ref, Approve) {
		t.Fatal("the page takes no payment")
	}
	s.h.Advance(t, pageLife)
	for _, y := range []sheet{x, declined} {
		wantClass(t, s.learn(t, y), payment.ClassNotFound)
		s.wantClosed(t, y)
		if s.h.Pay(t, y.page.Ref, Approve) {
			t.Error("an expired page was paid")
		}
		s.wantBooks(t, y, nothing)
	}
	s.wantPaid(t, kept, s.learn(t, kept), payment.ClassCaptured)
}

// forgedResult: what a browser brings back proves nothing.
func (s pages) forgedResult(t *testing.T) {
	x, paid := s.open(t), s.open(t)
	s.h.Pay(t, paid.page.Ref, Approve)
	s.learn(t, paid)
	for _, forged := range []string{"success", "completed", x.page.Ref, paid.page.Ref, "../" + paid.page.Ref, "\x00"} {
		wantClass(t, s.asked(t, x, x.page.Ref, forged), payment.ClassPending)
	}
	s.wantBooks(t, x, nothing)
	for _, forged := range []string{"failed", "refused", "canceled"} {
		s.wantPaid(t, paid, s.orTold(t, paid, s.asked(t, paid, paid.page.Ref, forged)), payment.ClassCaptured)
	}
}

// otherPage: a page tells and does nothing under another attempt's name.
func (s pages) otherPage(t *testing.T) {
	x, other := s.open(t), s.open(t)
	s.h.Pay(t, x.page.Ref, Approve)
	if r := s.asked(t, other, x.page.Ref, s.result(t, x)); r.Class != payment.ClassUnknown {
		t.Errorf("got %+v of another attempt's page", r)
	}
	for _, ref := range []string{"no-such-page", "../" + x.page.Ref} {
		if r := s.asked(t, other, ref, ""); r.Class != payment.ClassUnknown {
			t.Errorf("%s: got %+v", ref, r)
		}
	}
	wantClass(t, s.asked(t, other, other.page.Ref, ""), payment.ClassPending)
}

// failingLookup: no answer is not a no.
func (s pages) failingLookup(t *testing.T) {
	x := s.open(t)
	s.breakNext(t, LookupFails)
	if r, err := s.h.Provider.ReconcileHosted(t.Context(), x.attempt, x.page.Ref, s.result(t, x)); err == nil && r.Class != payment.ClassUnknown {
		t.Errorf("ReconcileHosted: %+v", r)
	}
	wantClass(t, s.asked(t, x, x.page.Ref, s.result(t, x)), payment.ClassPending)
}

// later: the money of a page is moved like that of any payment.
func (s pages) later(t *testing.T) {
	operator, ok := s.h.Provider.(payment.Operator)
	if !ok {
		t.Skip("the provider moves no money later")
	}
	o := newOperations(Harness{Provider: operator, MerchantID: s.h.MerchantID, Books: s.h.Books, Break: s.h.Break, Mature: s.h.Mature, Settle: s.h.Settle}, operator)
	settle := func(t *testing.T, change ...func(*payment.HostedCharge)) (sheet, payment.Result) {
		t.Helper()
		x := s.open(t, change...)
		if !s.h.Pay(t, x.page.Ref, Approve) {
			t.Fatal("the page takes no payment")
		}
		return x, s.learn(t, x)
	}
	on := func(x sheet, r payment.Result, kind payment.OpKind) move {
		return o.op(try{attempt: x.attempt, charge: x.charge.Charge}, r, kind)
	}
	t.Run("refund", func(t *testing.T) {
		x, r := settle(t)
		if s.h.Mature != nil {
			s.h.Mature(t, r.PSPRef)
		}
		m := on(x, r, payment.OpRefund)
		m.Amount = 500
		o.wantDone(t, m, o.operate(t, m), payment.ClassRefunded)
		o.wantTaken(t, m, amount-500)
		beyond := m.another(payment.OpRefund, amount-500+1)
		o.wantRefused(t, beyond, o.operate(t, beyond))
		o.wantTaken(t, m, amount-500)
	})
	t.Run("capture of a part", func(t *testing.T) {
		x, r := settle(t, held)
		o.partOfHold(t, on(x, r, payment.OpCapture))
	})
	t.Run("void", func(t *testing.T) {
		x, r := settle(t, held)
		m := on(x, r, payment.OpVoid)
		o.wantDone(t, m, o.operate(t, m), payment.ClassVoided)
		o.wantTaken(t, m, 0)
		after := m.another(payment.OpCapture, amount)
		o.wantRefused(t, after, o.operate(t, after))
		o.wantTaken(t, m, 0)
	})
}
