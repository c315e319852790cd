package reconciliation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// ours is what our books say of a payment.
type ours struct {
	id, session, order string
	ref                string // the PSP's id
	currency           string
	state              payment.State
	kind               payment.Kind
	amount             int64
	captured           int64
	refunded           int64
	created, final     time.Time
	shipped            bool // something of the order
	lease              time.Time
}

func oursOf(a *payment.Attempt) ours {
	o := ours{id: a.ID, session: a.SessionID, order: a.OrderID, ref: a.PSPRef, currency: a.Currency, state: a.State, kind: a.Kind,
		amount: a.Amount, captured: a.Captured, created: a.CreatedAt, final: a.FinalAt, lease: a.LeaseUntil}
	if a.State.Paid() {
		o.refunded = a.Refunded
	}
	return o
}

// charged is what is held or captured.
func (o ours) charged() int64 {
	switch o.state {
	case payment.Authorized:
		return o.amount
	case payment.Captured:
		return o.captured
	}
	return 0
}

func (o ours) net() int64 { return o.charged() - o.refunded }

// among reports whether what the attempt is paid with may be in a list.
func (o ours) among(theirs []listed) bool {
	return o.ref == "" || slices.ContainsFunc(theirs, func(p listed) bool { return p.ref == o.ref })
}

// listed is what the PSP's list says of a payment.
type listed struct {
	ref       string // the PSP's id
	reference string // ours, of the attempt
	currency  string
	state     payment.State
	charged   int64
	refunded  int64
	at        time.Time
}

func listedOf(l payment.Listed) listed {
	p := listed{ref: l.PSPRef, reference: l.Reference, currency: l.Result.Currency, state: l.Result.Class.State(), at: l.At}
	switch p.state {
	case payment.Authorized:
		p.charged, p.refunded = l.Result.Amount, l.Refunded
	case payment.Captured:
		p.charged, p.refunded = l.Result.Captured, l.Refunded
	}
	return p
}

func (p listed) paid() bool { return p.state.Paid() }

func (p listed) net() int64 { return p.charged - p.refunded }

func (p listed) verb() string {
	if p.state == payment.Authorized {
		return "holds"
	}
	return "took"
}

// judging is what the judgement of one payment depends on beside the books.
type judging struct {
	provider string
	now      time.Time
	// away is set of an attempt that was not made in the window: what it is
	// paid with may then not be among what was listed.
	away bool
}

// judge compares one payment in both books. theirs are the PSP's payments
// under its reference: the first counts as the payment, and every other that is
// paid is one too many.
func (j judging) judge(o ours, theirs []listed, ops []payment.Operation) (differences []Difference) {
	w := writer{j.provider, o}
	theirs = likeliestFirst(o, theirs)
	if j.away && o.state.Paid() && !o.among(theirs) {
		return w.extra(theirs, o.ref)
	}
	var main listed
	if len(theirs) > 0 {
		main = theirs[0]
		differences = w.extra(theirs[1:], main.ref)
	}
	switch {
	case o.state.Paid():
		return append(differences, j.judgePaid(w, main, ops)...)
	case o.state.Live() && main.paid():
		return append(differences, w.whileOpen(main))
	case o.state.Live() && !j.away && j.now.Sub(o.created) > o.grace():
		return append(differences, w.open())
	case !o.state.Live() && main.paid() && main.net() != 0:
		return append(differences, w.withoutOrder(main))
	}
	return differences
}

// judgePaid compares a payment that our books have as held or taken with the
// PSP's, which is empty when there is none.
func (j judging) judgePaid(w writer, p listed, ops []payment.Operation) (differences []Difference) {
	o := w.o
	cameBack := o.state == payment.Captured && o.captured == 0
	switch {
	case !p.paid() && cameBack:
		return []Difference{w.bounced(o.net(), 0)}
	case !p.paid() && o.net() == 0:
		return nil // given back in full, which some PSPs do by a void
	case !p.paid() && o.state == payment.Authorized && p.ref != "" && !p.state.Live():
		return []Difference{w.holdEnded(p)}
	case !p.paid():
		return []Difference{w.notThere(p)}
	case p.currency != o.currency:
		return []Difference{w.currencies(p)}
	case cameBack:
		differences = append(differences, w.bounced(0, p.charged))
	case o.state == payment.Authorized && p.state == payment.Authorized:
		if o.charged() != p.charged {
			differences = append(differences, w.held(p))
		}
	case o.charged() != p.charged || o.state != p.state:
		differences = append(differences, w.captured(p))
	}
	if o.refunded != p.refunded {
		differences = append(differences, w.refunded(p, ops))
	}
	return differences
}

// extra reports payments beside the one that counts, unless they were given
// back already.
func (w writer) extra(theirs []listed, first string) (differences []Difference) {
	for _, p := range theirs {
		if p.paid() && p.net() != 0 {
			differences = append(differences, w.twice(p, first))
		}
	}
	return differences
}

// likeliestFirst sorts the PSP's payments under one reference so that the first
// is most likely the attempt's own: one that is paid, by the PSP's id, by
// currency and amount, not given back, then the oldest. So the order of the
// list does not matter.
func likeliestFirst(o ours, theirs []listed) []listed {
	rank := func(p listed) int {
		switch {
		case !p.paid() && p.ref == o.ref:
			return 4
		case !p.paid():
			return 5
		case p.ref == o.ref:
			return 0
		case p.net() == 0:
			return 3
		case p.currency == o.currency && p.charged == o.charged():
			return 1
		}
		return 2
	}
	sorted := slices.Clone(theirs)
	slices.SortFunc(sorted, func(a, b listed) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.at.Compare(b.at), strings.Compare(a.ref, b.ref))
	})
	return sorted
}

// grace is for how long the payment may be open.
func (o ours) grace() time.Duration {
	if o.kind == payment.OnPage {
		return PageLife + Grace
	}
	return Grace
}

// moving reports whether a payment is too fresh to judge: one of the books may
// not show yet what the other does.
func (j judging) moving(o ours, theirs []listed, ops []payment.Operation) bool {
	fresh := func(t time.Time, within time.Duration) bool { return j.now.Sub(t) < within }
	if fresh(o.created, Quiet) || fresh(o.final, Quiet) || o.lease.After(j.now) || (o.state.Live() && fresh(o.created, Grace)) {
		return true
	}
	for _, p := range theirs {
		if fresh(p.at, Quiet) {
			return true
		}
	}
	for _, op := range ops {
		if fresh(op.CreatedAt, Quiet) || fresh(op.FinalAt, Quiet) || (op.State.Open() && fresh(op.CreatedAt, Grace)) {
			return true
		}
	}
	return false
}

// unreadable reports whether the PSP's payments cannot be told from nothing:
// one has a status that means nothing here, and none is paid. An attempt that
// is open itself waits for the same answer.
func unreadable(o ours, theirs []listed) bool {
	unknown := false
	for _, p := range theirs {
		if p.paid() {
			return false
		}
		unknown = unknown || p.state == payment.Unknown
	}
	return unknown && !o.state.Live()
}
