package soak

import (
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// What is lawful, and every way in which the two sides can differ.
func TestCompare(t *testing.T) {
	attempt := func(state payment.State, captured, refunded int64) payment.Attempt {
		return payment.Attempt{State: state, Amount: 1000, Captured: captured, Refunded: refunded}
	}
	bought := func(refunded int64, attempts ...payment.Attempt) record {
		return record{status: acp.Completed, total: 1000, order: "ord_1", owed: 1000, refunded: refunded, attempts: attempts}
	}
	unsold := func(status acp.Status, attempts ...payment.Attempt) record {
		return record{status: status, total: 1000, attempts: attempts}
	}
	taken := attempt(payment.Captured, 1000, 0)
	for _, c := range []struct {
		name      string
		books     books
		record    record
		known     known
		want      []string // "" is lawful
		explained bool
	}{
		{name: "nothing and nothing", record: unsold(acp.ReadyForPayment)},
		{name: "declined", record: unsold(acp.ReadyForPayment, attempt(payment.Declined, 0, 0))},
		{name: "bought", books: books{1, 1000, 0}, record: bought(0, taken)},
		{name: "bought at the second try", books: books{1, 1000, 0}, record: bought(0, attempt(payment.Declined, 0, 0), taken)},
		{name: "held", books: books{1, 1000, 0}, record: bought(0, attempt(payment.Authorized, 0, 0))},
		{name: "held, and given back", record: bought(0, attempt(payment.Voided, 0, 0))},
		{name: "taken in part", books: books{1, 800, 0}, record: bought(0, attempt(payment.Captured, 800, 0)), known: known{lowered: 200}},
		{name: "refunded in part", books: books{1, 1000, 300}, record: bought(300, attempt(payment.Captured, 1000, 300))},
		{name: "refunded before it was settled", record: bought(1000, attempt(payment.Captured, 1000, 1000))},

		{name: "charged twice", books: books{2, 2000, 0}, record: bought(0, taken),
			want: []string{"charged twice", "taken and not recorded", "another amount than ordered"}},
		{name: "charged for nothing", books: books{1, 1000, 0}, record: unsold(acp.ReadyForPayment, attempt(payment.Declined, 0, 0)),
			want: []string{"taken and not recorded", "charged without an order", "another amount than ordered"}},
		{name: "sold for nothing", record: bought(0, taken), want: []string{"recorded and not taken", "an order without a charge"}},
		{name: "too little", books: books{1, 999, 0}, record: bought(0, taken), want: []string{"recorded and not taken", "another amount than ordered"}},
		{name: "less than was ordered, on both sides", books: books{1, 800, 0}, record: bought(0, attempt(payment.Captured, 800, 0)),
			want: []string{"another amount than ordered"}},
		{name: "an open payment", record: unsold(acp.CompleteInProgress, attempt(payment.Unknown, 0, 0)),
			want: []string{"outcome not known", "still being paid"}},
		{name: "a refund that nobody recorded", books: books{1, 1000, 300}, record: bought(0, taken), want: []string{"given back and not recorded"}},
		{name: "a refund in the dashboard", books: books{1, 1000, 300}, record: bought(0, taken), known: known{outside: 300},
			want: []string{"given back and not recorded"}, explained: true},
		{name: "more than was refunded in the dashboard", books: books{1, 1000, 400}, record: bought(0, taken), known: known{outside: 300},
			want: []string{"given back and not recorded"}},
		{name: "a refund that did not happen", books: books{1, 1000, 0}, record: bought(300, attempt(payment.Captured, 1000, 300)),
			want: []string{"recorded and not given back"}},
		{name: "a refund that the order does not show", books: books{1, 1000, 300}, record: bought(0, attempt(payment.Captured, 1000, 300)),
			want: []string{"the order shows another refund"}},
		{name: "a hold that ran out", record: bought(0, attempt(payment.Authorized, 0, 0)), known: known{ended: true},
			want: []string{"recorded and not taken", "an order without a charge"}, explained: true},
		{name: "a paid session without an order", books: books{1, 1000, 0}, record: unsold(acp.Completed, taken),
			want: []string{"charged without an order", "session and order do not agree", "another amount than ordered"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range compare(c.books, c.record, c.known) {
				got = append(got, d.what)
				if d.explained != c.explained {
					t.Errorf("%s: explained %t", d.what, d.explained)
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("found %q, want %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("found %q, want %q", got, c.want)
				}
			}
		})
	}
}
