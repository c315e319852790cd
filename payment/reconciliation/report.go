package reconciliation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
)

// Report is the outcome of one comparison.
type Report struct {
	MerchantID string    `json:"merchant_id"`
	Provider   string    `json:"provider"`
	Account    string    `json:"account"`
	Live       bool      `json:"live"`
	From       time.Time `json:"from"` // the window: payments made from here
	To         time.Time `json:"to"`   // until before this
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`

	// Compared is false when the PSP has no list: then only what is open in our
	// own books is reported, and nothing is said about theirs.
	Compared bool   `json:"compared"`
	Counts   Counts `json:"counts"`
	// Totals has one entry a currency, sorted by it.
	Totals []Total `json:"totals"`
	// Differences are sorted by the size of Delta, the largest first, then by
	// Since.
	Differences []Difference `json:"differences"`
	// Limits says in words what could not be compared.
	Limits []string `json:"limits"`
}

// Counts are numbers of payments.
type Counts struct {
	Listed   int `json:"listed"`   // in the PSP's list, over the time that was read
	Attempts int `json:"attempts"` // ours of the window, whatever became of them
	Paid     int `json:"paid"`     // that hold or took money here, there or in both
	Agreed   int `json:"agreed"`   // of those, in both to the same amount
	Moving   int `json:"moving"`   // too fresh to judge, left to the next comparison
	// Unreadable have a status or an amount at the PSP that cannot be told, and
	// are in no total.
	Unreadable int `json:"unreadable"`
	// OtherShops are payments of the shops that share the account.
	OtherShops int `json:"other_shops"`
	// OtherAccounts are attempts of the window made with another account.
	OtherAccounts int `json:"other_accounts"`
	// OtherBusiness are payments at the PSP without a reference of ours.
	OtherBusiness int `json:"other_business"`
}

// Sides are one figure in both books, in minor units.
type Sides struct {
	Ours   int64 `json:"ours"`
	Theirs int64 `json:"theirs"`
}

// Total is the money of one currency, in minor units.
type Total struct {
	Currency string `json:"currency"`
	Payments int    `json:"payments"` // that hold or took money of this currency at the PSP
	Charged  Sides  `json:"charged"`  // held or captured
	Refunded Sides  `json:"refunded"`
	Net      Sides  `json:"net"` // charged less refunded
	// Explained is what the differences add up to. Unexplained is what the two
	// sides of Net differ by beyond that, and is always zero.
	Explained   int64 `json:"explained"`
	Unexplained int64 `json:"unexplained"`
	// OtherBusiness is what payments without a reference of ours hold or took,
	// less what was refunded of it. It is in no other figure.
	OtherBusiness int64 `json:"other_business"`
}

// Agrees reports whether everything could be compared and nothing differs.
// What was too fresh to judge does not count.
func (r Report) Agrees() bool {
	return r.Compared && len(r.Differences) == 0 && len(r.Limits) == 0 && !r.unexplained()
}

func (r Report) unexplained() bool {
	return slices.ContainsFunc(r.Totals, func(t Total) bool { return t.Unexplained != 0 })
}

// ledger adds up the totals. An amount that no int64 in the range of money
// holds is an error, kept until the end.
type ledger struct {
	totals map[string]*Total
	err    error
}

func (l *ledger) of(currency string) *Total {
	t := l.totals[currency]
	if t == nil {
		t = &Total{Currency: currency}
		l.totals[currency] = t
	}
	return t
}

func (l *ledger) add(sum *int64, amount int64) {
	next, err := money.Add(*sum, amount)
	if err != nil {
		l.err = err
		return
	}
	*sum = next
}

func (l *ledger) ours(o ours) {
	if o.charged() == 0 && o.refunded == 0 {
		return
	}
	t := l.of(o.currency)
	l.add(&t.Charged.Ours, o.charged())
	l.add(&t.Refunded.Ours, o.refunded)
}

func (l *ledger) theirs(p listed) {
	t := l.of(p.currency)
	t.Payments++
	l.add(&t.Charged.Theirs, p.charged)
	l.add(&t.Refunded.Theirs, p.refunded)
}

// close works out what is left over, and gives the totals. Where the books
// could not be compared, there is nothing to explain.
func (l *ledger) close(compared bool, differences []Difference) ([]Total, error) {
	for _, d := range differences {
		if d.Delta != 0 {
			l.add(&l.of(d.Currency).Explained, d.Delta)
		}
		if d.TheirCurrency != "" {
			l.add(&l.of(d.TheirCurrency).Explained, d.Theirs)
		}
	}
	totals := make([]Total, 0, len(l.totals))
	for _, t := range l.totals {
		t.Net = Sides{t.Charged.Ours - t.Refunded.Ours, t.Charged.Theirs - t.Refunded.Theirs}
		if compared {
			t.Unexplained = t.Net.Theirs - t.Net.Ours - t.Explained
		}
		totals = append(totals, *t)
	}
	slices.SortFunc(totals, func(a, b Total) int { return strings.Compare(a.Currency, b.Currency) })
	return totals, l.err
}

func sortDifferences(list []Difference) {
	slices.SortFunc(list, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(magnitude(b.Delta), magnitude(a.Delta)), a.Since.Compare(b.Since),
			strings.Compare(a.AttemptID, b.AttemptID), strings.Compare(a.PSPRef, b.PSPRef),
			strings.Compare(a.OpID, b.OpID), strings.Compare(string(a.Kind), string(b.Kind)))
	})
}

func magnitude(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
