package soak

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// record is what a shop has recorded of one session.
type record struct {
	status   acp.Status
	total    int64  // of the session
	order    string // "" when there is none
	owed     int64  // the order's total
	refunded int64  // that the order shows
	disputed bool   // as the order shows
	attempts []payment.Attempt
}

// money is what the shop believes that the provider holds or took, and gave
// back; open is what it may have taken beside that.
func (r record) money() (paid int, in, out, open int64) {
	for _, a := range r.attempts {
		switch {
		case a.State == payment.Authorized:
			paid++
			in += a.Amount
		case a.State == payment.Captured:
			paid++
			in += a.Captured
		case a.State == payment.Voided:
			paid++
		case a.State.Live():
			open += a.Amount
		}
		out += a.Refunded
	}
	return paid, in, out, open
}

// known is what the simulation knows to have been done to the money of an order
// beside taking it.
type known struct {
	lowered int64 // taken off while the money was held
	outside int64 // given back in the provider's dashboard, of which the shop may not have heard
	ended   bool  // the hold was ended at the provider, of which the shop may not have heard
}

// difference is something that is not the same on both sides.
type difference struct {
	what   string
	detail string
	// explained tells that the simulation caused it, and that the shop could not
	// have known.
	explained bool
}

// differences collects what differs.
type differences []difference

func (d *differences) add(explained bool, what, format string, args ...any) {
	*d = append(*d, difference{what, fmt.Sprintf(format, args...), explained})
}

// compare holds what a provider says of a session against what the shop has
// recorded. Nothing is returned when all is lawful: one charge and one order,
// or none and none, over the same money.
func compare(b books, r record, k known) differences {
	found := compareMoney(b, r, k)
	paid, in, out, open := r.money()
	if undone(b, in, out) {
		in = 0
	}
	if open > 0 {
		found.add(false, "outcome not known", "of a payment over %d", open)
	}
	if r.refunded != out {
		found.add(false, "the order shows another refund", "%d is recorded, the order shows %d", out, r.refunded)
	}
	ordered := r.order != ""
	voided := ordered && in == 0 && paid == 1
	switch {
	case b.charges > 0 && !ordered:
		found.add(false, "charged without an order", "%d", b.in)
	case ordered && b.charges == 0 && !voided:
		found.add(k.lost(b), "an order without a charge", "over %d", r.owed)
	}
	if (r.status == acp.Completed) != ordered {
		found.add(false, "session and order do not agree", "the session is %s, the order %q", r.status, r.order)
	}
	if r.status == acp.CompleteInProgress {
		found.add(false, "still being paid", "over %d", r.total)
	}
	if ordered && r.owed != r.total {
		found.add(false, "the order has another total", "%d, the session has %d", r.owed, r.total)
	}
	if due := r.owed - k.lowered; ordered && b.charges > 0 && b.in != due && b.in != r.owed || b.in > r.owed {
		found.add(false, "another amount than ordered", "%d is taken or held, ordered is %d, %d taken off", b.in, r.owed, k.lowered)
	}
	return found
}

// compareMoney is the part of compare that holds at every moment at which
// nothing of the session is open.
func compareMoney(b books, r record, k known) (found differences) {
	paid, in, out, _ := r.money()
	if undone(b, in, out) {
		in, out = 0, 0
	}
	if b.charges > 1 {
		found.add(false, "charged twice", "%d charges over %d", b.charges, b.in)
	}
	if paid > 1 {
		found.add(false, "paid twice", "%d payments are recorded", paid)
	}
	switch {
	case b.in > in:
		found.add(false, "taken and not recorded", "%d is taken, %d recorded", b.in, in)
	case b.in < in:
		found.add(k.lost(b), "recorded and not taken", "%d is recorded, %d taken", in, b.in)
	}
	switch {
	case b.out > out:
		found.add(b.out-out == k.outside, "given back and not recorded", "%d is given back, %d recorded", b.out, out)
	case b.out < out:
		found.add(false, "recorded and not given back", "%d is recorded, %d given back", out, b.out)
	}
	return found
}

// lost reports whether a hold was ended at the provider.
func (k known) lost(b books) bool { return k.ended && b.charges == 0 && b.in == 0 }

// undone reports whether a payment was given back in full before the provider
// had settled it, and is as if it had never been: some providers do that by a
// void.
func undone(b books, in, out int64) bool { return b == books{} && in > 0 && in == out }
