package paymenttest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/payment"
)

// ledger is what a payment should hold and have taken, by the plainest rules.
type ledger struct {
	held, captured, refunded int64
	// fresh is set of a payment that has not matured, see Harness: all of it is
	// given back by a void, and a part of it later.
	fresh bool
}

// left is what the buyer is without.
func (l ledger) left() int64 { return l.held + l.captured - l.refunded }

// after gives the ledger after a move and what the move comes to.
func (l ledger) after(kind payment.OpKind, amount int64) (ledger, payment.Class) {
	switch {
	case kind == payment.OpCapture && l.held >= amount && amount > 0:
		return ledger{captured: amount, fresh: l.fresh}, payment.ClassCaptured
	case kind == payment.OpVoid && l.held > 0:
		return ledger{}, payment.ClassVoided
	case kind == payment.OpRefund && l.fresh && amount > 0 && l.captured == amount:
		return ledger{}, payment.ClassRefunded
	case kind == payment.OpRefund && l.fresh && amount > 0 && l.captured > amount:
		return l, payment.ClassProcessorError
	case kind == payment.OpRefund && l.captured-l.refunded >= amount && amount > 0:
		l.refunded += amount
		return l, payment.ClassRefunded
	}
	return l, payment.ClassDeclined
}

// anySequence: whatever is asked for in whatever order, and however often it is
// lost on the way and asked for again, the PSP has moved what a plain ledger
// says, and tells so.
func (s operations) anySequence(t *testing.T) {
	if s.h.Books == nil || s.h.Break == nil || s.h.Heal == nil {
		t.Skip("the harness has no books, or no faults that it can take back")
	}
	lost := []Fault{"", "", DropBeforeCommit, DropAfterCommit, ErrorBeforeCommit, ErrorAfterCommit, RateLimited}
	rapid.Check(t, func(rt *rapid.T) {
		here := s
		fresh := s.h.Mature != nil && rapid.Bool().Draw(rt, "fresh")
		if fresh {
			here.h.Mature = nil
		}
		on := payment.OpCapture
		want := ledger{held: amount, fresh: fresh}
		if rapid.Bool().Draw(rt, "captured at once") {
			on, want = payment.OpRefund, ledger{captured: amount, fresh: fresh}
		}
		first := here.prepare(t, on)
		defer s.h.Heal(t)
		var trail []string
		for range rapid.IntRange(1, 6).Draw(rt, "moves") {
			kind := rapid.SampledFrom([]payment.OpKind{payment.OpCapture, payment.OpVoid, payment.OpRefund, payment.OpRefund}).Draw(rt, "kind")
			m := first.another(kind, rapid.SampledFrom([]int64{1, 500, 1200, amount - 500, amount, amount + 1}).Draw(rt, "amount"))
			for range rapid.IntRange(1, 3).Draw(rt, "faults") {
				if f := rapid.SampledFrom(lost).Draw(rt, "fault"); f != "" {
					s.h.Break(t, f)
				}
			}
			next, class := want.after(kind, m.Amount)
			got := s.insist(t, m)
			s.h.Heal(t)
			trail = append(trail, fmt.Sprintf("%s %d: %s", kind, m.Amount, got))
			switch {
			case got == class:
			case kind == payment.OpVoid && got == payment.ClassVoided && want.left() == 0: // it was voided before
			case kind == payment.OpVoid && got == payment.ClassVoided && want.refunded == 0: // not settled yet
				next = ledger{}
			default:
				rt.Fatalf("%q: want %s of %+v", trail, class, want)
			}
			if class == payment.ClassCaptured && here.h.Mature != nil {
				here.h.Mature(t, m.PSPRef)
			}
			want = next
			if books := s.h.Books(t, m.session); books.Taken != want.left() {
				rt.Fatalf("%q: the books say that %d is held or taken, the ledger %+v", trail, books.Taken, want)
			}
		}
	})
}

// insist asks for a move until it is known what became of it.
func (s operations) insist(t *testing.T, m move) payment.Class {
	t.Helper()
	var r payment.Result
	for range 12 { // there are at most three faults in the queue
		if r = s.operate(t, m); r.Class != payment.ClassUnknown && r.Class != payment.ClassRateLimited {
			break
		}
	}
	if r.Class != payment.ClassPending || s.h.Settle == nil || s.h.Notices == nil {
		return r.Class
	}
	s.h.Settle(t)
	for _, n := range s.h.Notices(t) {
		if n.Subject == payment.AboutOperation && n.Reference == m.ID && n.Final {
			return n.Result.Class
		}
	}
	return r.Class
}
