package paymenttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// TestLister runs the contract of payment.Lister: every payment is listed
// once, under our reference, with what is held, taken and refunded of it, in
// the window in which it was made; and a list that cannot be read is an error,
// never a short list. now is the PSP's clock, nil for the machine's.
func TestLister(t *testing.T, h Harness, now func() time.Time) {
	lister, ok := h.Provider.(payment.Lister)
	if !ok {
		t.Fatalf("%T is not a payment.Lister", h.Provider)
	}
	if now == nil {
		now = time.Now
	}
	h.Notices = nil // what the webhooks tell is not looked at here
	s := listing{suite: suite{h}, lister: lister, now: now}
	t.Run("Payments", s.payments)
	t.Run("Moves", s.moves)
	t.Run("Pages", s.pages)
	t.Run("Window", s.window)
	t.Run("Failure", s.failure)
}

// listing is the suite of a Lister.
type listing struct {
	suite
	lister payment.Lister
	now    func() time.Time
}

// maxPages is more pages than any list of these tests has.
const maxPages = 200

// moment is the PSP's time to the second below, in which PSPs count.
func (s listing) moment() time.Time { return s.now().Truncate(time.Second) }

// soon is a time by which everything done so far is listed: lists lag behind.
func (s listing) soon(t *testing.T) time.Time {
	t.Helper()
	if s.h.Advance != nil {
		s.h.Advance(t, 10*time.Minute)
	}
	return s.moment().Add(time.Second)
}

// read reads a list to its end.
func (s listing) read(t *testing.T, from, to time.Time) (all []payment.Listed, pages int) {
	t.Helper()
	for cursor := ""; ; {
		page, next, err := s.lister.List(t.Context(), from, to, cursor)
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		all = append(all, page...)
		if pages++; next == "" {
			return all, pages
		}
		if next == cursor || pages == maxPages {
			t.Fatal("the list does not end")
		}
		cursor = next
	}
}

// byReference gives the payments of a list by our reference, and checks that no
// payment is on it twice.
func byReference(t *testing.T, all []payment.Listed) map[string]payment.Listed {
	t.Helper()
	refs, found := map[string]bool{}, map[string]payment.Listed{}
	for _, l := range all {
		if l.PSPRef == "" || refs[l.PSPRef] {
			t.Errorf("listed twice or without an id: %+v", l)
		}
		refs[l.PSPRef] = true
		if l.Reference == "" {
			continue
		}
		if _, twice := found[l.Reference]; twice {
			t.Errorf("two payments under %s", l.Reference)
		}
		found[l.Reference] = l
	}
	return found
}

// sold is one charge with what the PSP answered.
type sold struct {
	try
	result payment.Result
}

func (s listing) sell(t *testing.T, o Outcome, change ...func(*payment.Charge)) sold {
	t.Helper()
	x := s.prepare(t, o, change...)
	return sold{x, s.send(t, x)}
}

// wantListed checks how a payment is listed.
func wantListed(t *testing.T, found map[string]payment.Listed, x sold, class payment.Class, captured, refunded int64) {
	t.Helper()
	l, ok := found[x.attempt.ID]
	switch {
	case !ok:
		t.Error("it is not listed")
	case l.Result.Class != class || l.Result.Captured != captured || l.Refunded != refunded || l.Result.Currency != currency:
		t.Errorf("listed as %+v, want it %s with %d %s captured and %d refunded", l, class, captured, currency, refunded)
	case l.PSPRef != x.result.PSPRef || l.Result.PSPRef != l.PSPRef:
		t.Errorf("listed as %s, was answered as %s", l.PSPRef, x.result.PSPRef)
	}
}

// payments: what was charged, held and refused is listed as what it is.
func (s listing) payments(t *testing.T) {
	from := s.moment()
	held := func(c *payment.Charge) { c.Capture = payment.CaptureLater }
	taken, kept, refused := s.sell(t, Approve), s.sell(t, Approve, held), s.sell(t, Decline)
	lost := s.prepare(t, ApproveAndDrop)
	wantClass(t, s.send(t, lost), payment.ClassUnknown)
	last := s.now()
	all, _ := s.read(t, from, s.soon(t))
	found := byReference(t, all)
	wantListed(t, found, taken, payment.ClassCaptured, amount, 0)
	wantListed(t, found, kept, payment.ClassAuthorized, 0, 0)
	if l := found[taken.attempt.ID]; l.Result.Amount != amount || l.At.Before(from) || l.At.After(last) {
		t.Errorf("listed as %+v, want %d between %s and %s", l, amount, from, last)
	}
	if l := found[kept.attempt.ID]; l.Result.Amount != amount {
		t.Errorf("the hold is listed as %+v, want %d", l, amount)
	}
	if l, ok := found[refused.attempt.ID]; ok && (l.Result.Class.State() != payment.Declined || l.Result.Captured != 0) {
		t.Errorf("the refused one is listed as %+v", l)
	}
	// A payment whose answer was lost is what the list is for.
	if l := found[lost.attempt.ID]; l.Result.Class != payment.ClassCaptured || l.Result.Captured != amount {
		t.Errorf("the one with the lost answer is listed as %+v", l)
	}
}

// moves: captures, voids and refunds show in the list.
func (s listing) moves(t *testing.T) {
	operator, ok := s.h.Provider.(payment.Operator)
	if !ok {
		t.Skip("the provider moves nothing")
	}
	ops := newOperations(s.h, operator)
	const part = amount / 3
	held := func(c *payment.Charge) { c.Capture = payment.CaptureLater }
	do := func(x sold, kind payment.OpKind, n int64) {
		m := ops.op(x.try, x.result, kind).another(kind, n)
		class := map[payment.OpKind]payment.Class{payment.OpCapture: payment.ClassCaptured, payment.OpVoid: payment.ClassVoided, payment.OpRefund: payment.ClassRefunded}[kind]
		ops.wantDone(t, m, ops.operate(t, m), class)
	}
	mature := func(x sold) {
		if s.h.Mature != nil {
			s.h.Mature(t, x.result.PSPRef)
		}
	}
	from := s.moment()
	full := s.sell(t, Approve, held)
	do(full, payment.OpCapture, amount)
	some := s.sell(t, Approve, held)
	do(some, payment.OpCapture, part)
	both := s.sell(t, Approve, held) // the rest of the hold is no refund
	do(both, payment.OpCapture, amount-part)
	mature(both)
	do(both, payment.OpRefund, 100)
	void := s.sell(t, Approve, held)
	do(void, payment.OpVoid, amount)
	back := s.sell(t, Approve)
	mature(back)
	do(back, payment.OpRefund, amount)
	pieces := s.sell(t, Approve)
	mature(pieces)
	do(pieces, payment.OpRefund, 500)
	do(pieces, payment.OpRefund, 300)

	all, _ := s.read(t, from, s.soon(t))
	found := byReference(t, all)
	wantListed(t, found, full, payment.ClassCaptured, amount, 0)
	wantListed(t, found, some, payment.ClassCaptured, part, 0)
	wantListed(t, found, both, payment.ClassCaptured, amount-part, 100)
	wantListed(t, found, back, payment.ClassCaptured, amount, amount)
	wantListed(t, found, pieces, payment.ClassCaptured, amount, 800)
	if l, ok := found[void.attempt.ID]; ok && (l.Result.Class.State().Paid() || l.Result.Captured != 0) {
		t.Errorf("the voided one is listed as %+v", l)
	}
}

// pages: however long the list is, every payment is on it once, and a page may
// be asked for again.
func (s listing) pages(t *testing.T) {
	const many = 120
	from := s.moment()
	want := map[string]bool{}
	for range many {
		x := s.sell(t, Approve)
		want[x.attempt.ID] = true
	}
	to := s.soon(t)
	all, pages := s.read(t, from, to)
	found := byReference(t, all)
	for reference := range want {
		if _, ok := found[reference]; !ok {
			t.Errorf("%s is not listed", reference)
		}
	}
	if pages < 2 {
		t.Logf("%d payments are one page", many)
		return
	}
	_, next, err := s.lister.List(t.Context(), from, to, "")
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := s.lister.List(t.Context(), from, to, next)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := s.lister.List(t.Context(), from, to, next)
	if err != nil || len(again) != len(first) || len(first) == 0 || again[0].PSPRef != first[0].PSPRef {
		t.Errorf("the second page, asked for again, has %d payments and not %d: %v", len(again), len(first), err)
	}
	// A page that fails in the middle is an error, and can be had again.
	s.breakNext(t, LookupFails)
	if page, _, err := s.lister.List(t.Context(), from, to, next); err == nil {
		t.Errorf("a page that was not answered has %d payments", len(page))
	}
	if page, _, err := s.lister.List(t.Context(), from, to, next); err != nil || len(page) != len(first) {
		t.Errorf("after that: %d payments, %v", len(page), err)
	}
}

// window: a payment is in the window that holds its time. The beginning is in
// the window and the end is not, to the second; parts of a second at the end
// count as all of it.
func (s listing) window(t *testing.T) {
	x := s.sell(t, Approve)
	end := s.soon(t)
	all, _ := s.read(t, end.Add(-time.Hour), end)
	l, ok := byReference(t, all)[x.attempt.ID]
	if !ok {
		t.Fatal("it is not listed")
	}
	at := l.At
	for _, c := range []struct {
		from, to time.Time
		in       bool
	}{
		{at, at.Add(time.Second), true},
		{at, at.Add(time.Millisecond), true},
		{at.Add(-time.Hour), at.Add(time.Hour), true},
		{at.Add(-3 * time.Hour), at.Add(3 * time.Hour), true},
		{at.Add(-time.Hour), at, false},
		{at.Add(time.Second), at.Add(time.Hour), false},
		{at.Add(-2 * time.Hour), at.Add(-time.Hour), false},
		{at, at, false},
	} {
		t.Run(fmt.Sprint(c.from.Sub(at), " to ", c.to.Sub(at)), func(t *testing.T) {
			all, _ := s.read(t, c.from, c.to)
			if _, in := byReference(t, all)[x.attempt.ID]; in != c.in {
				t.Errorf("listed is %v, want %v", in, c.in)
			}
			for _, l := range all {
				if l.At.Before(c.from.Truncate(time.Second)) || !l.At.Before(c.to) {
					t.Errorf("%s was made at %s", l.PSPRef, l.At)
				}
			}
		})
	}
}

// failure: nobody there, nobody who knows us, no answer, no time.
func (s listing) failure(t *testing.T) {
	s.sell(t, Approve)
	end := s.soon(t)
	none := func(t *testing.T, p payment.Provider, ctx context.Context) {
		t.Helper()
		page, next, err := p.(payment.Lister).List(ctx, end.Add(-time.Hour), end, "")
		if err == nil {
			t.Errorf("no error, but %d payments and next %q", len(page), next)
		}
	}
	t.Run("NoAnswer", func(t *testing.T) {
		s.breakNext(t, LookupFails)
		none(t, s.h.Provider, t.Context())
		if all, _ := s.read(t, end.Add(-time.Hour), end); len(all) == 0 {
			t.Error("nothing is listed afterwards")
		}
	})
	t.Run("Unreachable", func(t *testing.T) {
		if s.h.Unreachable == nil {
			t.Skip("the harness has no unreachable provider")
		}
		none(t, s.h.Unreachable, t.Context())
	})
	t.Run("WrongKeys", func(t *testing.T) {
		if s.h.WrongKeys == nil {
			t.Skip("the harness has no provider with wrong keys")
		}
		none(t, s.h.WrongKeys, t.Context())
	})
	t.Run("TimeIsUp", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		none(t, s.h.Provider, ctx)
	})
	t.Run("InventedCursor", func(t *testing.T) {
		if page, _, err := s.lister.List(t.Context(), end.Add(-time.Hour), end, "no cursor of anybody"); err == nil {
			t.Errorf("no error, but %d payments", len(page))
		}
	})
}
