package soak

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// record is what a shop has recorded of one session.
type record struct {
	status   acp.Status
	total    int64 // of the session
	orders   int64 // 0 or 1
	owed     int64 // the order's total
	order    string
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
		case a.State.Live():
			open += a.Amount
		}
		out += a.Refunded
	}
	return paid, in, out, open
}

// compare holds what a provider says of a session against what the shop has
// recorded. It returns what is wrong, in words; nothing when all is lawful: one
// charge and one order, or none and none, over the same money.
func compare(b books, r record) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	paid, in, out, open := r.money()
	if b.charges > 1 {
		say("charged %d times", b.charges)
	}
	if paid > 1 {
		say("%d payments are recorded", paid)
	}
	if open > 0 {
		say("the outcome of a payment over %d is not known", open)
	}
	switch {
	case b.in > in:
		say("taken and not recorded: %d, and %d is recorded", b.in, in)
	case b.in < in:
		say("recorded and not taken: %d, and %d is taken", in, b.in)
	}
	switch {
	case b.out > out:
		say("given back and not recorded: %d, and %d is recorded", b.out, out)
	case b.out < out:
		say("recorded and not given back: %d, and %d is given back", out, b.out)
	}
	done := r.status == acp.Completed
	switch {
	case b.charges > 0 && r.orders == 0:
		say("charged without an order")
	case b.charges == 0 && r.orders > 0:
		say("an order without a charge")
	case done != (r.orders > 0):
		say("the session is %s, with %d orders", r.status, r.orders)
	}
	if r.status == acp.CompleteInProgress {
		say("the session is still being paid")
	}
	if r.orders > 0 && r.owed != r.total {
		say("the order is over %d, the session over %d", r.owed, r.total)
	}
	if r.orders > 0 && b.in != r.owed {
		say("the order is over %d, taken is %d", r.owed, b.in)
	}
	return wrong
}
