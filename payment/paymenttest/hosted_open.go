package paymenttest

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

func (s pages) build(t *testing.T) {
	x := s.draft(t)
	if again, err := s.h.Provider.BuildHosted(x.charge); err != nil || !bytes.Equal(again, x.body) {
		t.Errorf("the same charge was built as other bytes (err %v)", err)
	}
	for name, change := range map[string]func(*payment.HostedCharge){
		"another amount":  func(c *payment.HostedCharge) { c.Amount, c.Lines = c.Amount-1, nil },
		"another attempt": func(c *payment.HostedCharge) { c.AttemptID += "x" },
		"held":            held,
	} {
		c := x.charge
		change(&c)
		if other, err := s.h.Provider.BuildHosted(c); err != nil || bytes.Equal(other, x.body) {
			t.Errorf("%s: the bytes are the same (err %v)", name, err)
		}
	}
	for name, change := range map[string]func(*payment.HostedCharge){
		"no attempt":       func(c *payment.HostedCharge) { c.AttemptID = "" },
		"amount zero":      func(c *payment.HostedCharge) { c.Amount, c.Lines = 0, nil },
		"negative amount":  func(c *payment.HostedCharge) { c.Amount, c.Lines = -1, nil },
		"no currency":      func(c *payment.HostedCharge) { c.Currency = "" },
		"a return address": func(c *payment.HostedCharge) { c.ReturnURL = "javascript:alert(1)" },
	} {
		c := x.charge
		change(&c)
		if _, err := s.h.Provider.BuildHosted(c); err == nil {
			t.Errorf("%s: built without an error", name)
		}
	}
}

// addsUp: whatever the lines look like, the buyer is shown and charged the
// amount that was agreed.
func (s pages) addsUp(t *testing.T) {
	if s.h.Shown == nil {
		t.Skip("the harness cannot read a page")
	}
	line := func(quantity, amount int64) payment.HostedLine {
		return payment.HostedLine{Title: "Mug", Quantity: quantity, Amount: amount}
	}
	for name, lines := range map[string][]payment.HostedLine{
		"two lines":             {line(2, 1500), line(1, amount-1500)},
		"no lines":              nil,
		"three for the price":   {line(3, 1000), line(1, amount-1000)},
		"a discount":            {line(1, amount+500), {Title: "Discount", Quantity: 1, Amount: -500}},
		"a line of nothing":     {line(1, amount), {Title: "Delivery", Quantity: 1}},
		"more than fit":         append(slices.Repeat([]payment.HostedLine{line(1, 10)}, 150), line(1, amount-1500)),
		"a title that is empty": {{Quantity: 1, Amount: amount}},
	} {
		t.Run(name, func(t *testing.T) {
			x := s.open(t, func(c *payment.HostedCharge) { c.Lines = lines })
			page := s.h.Shown(t, x.page.Ref)
			sum, err := money.Add(page.Lines...)
			if page.Total != amount || err != nil || (len(page.Lines) > 0 && sum != amount) {
				t.Errorf("the page shows %+v, want %d", page, amount)
			}
			if !s.h.Pay(t, x.page.Ref, Approve) {
				t.Fatal("the page takes no payment")
			}
			s.wantPaid(t, x, s.learn(t, x), payment.ClassCaptured)
		})
	}
}

// samePage: the same bytes under the same key are one page.
func (s pages) samePage(t *testing.T) {
	x := s.open(t)
	for range 3 {
		if again := s.ask(t, x); again != x.page {
			t.Errorf("got %+v, the first time %+v", again, x.page)
		}
	}
	if other := s.open(t); other.page.Ref == x.page.Ref || other.page.URL == x.page.URL {
		t.Error("two attempts share a page")
	}
	wantClass(t, s.asked(t, x, x.page.Ref, ""), payment.ClassPending)
	s.wantBooks(t, x, nothing)
}

// lostAnswer: whether the page was made or not, asking again gives the one.
func (s pages) lostAnswer(t *testing.T) {
	for _, f := range []Fault{DropBeforeCommit, DropAfterCommit, ErrorBeforeCommit, ErrorAfterCommit} {
		t.Run(string(f), func(t *testing.T) {
			x := s.draft(t)
			s.breakNext(t, f)
			_, r := s.request(t, x)
			wantClass(t, r, payment.ClassUnknown)
			x.page = s.ask(t, x)
			if again := s.ask(t, x); again != x.page {
				t.Errorf("got %+v, before %+v", again, x.page)
			}
			if !s.h.Pay(t, x.page.Ref, Approve) {
				t.Fatal("the page takes no payment")
			}
			s.wantPaid(t, x, s.learn(t, x), payment.ClassCaptured)
		})
	}
}

// neverLearned: a page whose answer was lost is found by the attempt where the
// PSP can, and nothing is claimed of it where it cannot.
func (s pages) neverLearned(t *testing.T) {
	lose := func(t *testing.T) sheet {
		t.Helper()
		x := s.draft(t)
		s.breakNext(t, DropAfterCommit)
		_, r := s.request(t, x)
		wantClass(t, r, payment.ClassUnknown)
		return x
	}
	open := payment.ClassUnknown
	if s.h.Findable {
		open = payment.ClassPending
	}
	t.Run("asked", func(t *testing.T) {
		x := lose(t)
		wantClass(t, s.asked(t, x, "", ""), open)
		x.page = s.ask(t, x)
		if !s.h.Pay(t, x.page.Ref, Approve) {
			t.Fatal("the page takes no payment")
		}
		r := s.orTold(t, x, s.asked(t, x, "", ""))
		if !s.h.Findable {
			wantClass(t, r, payment.ClassUnknown)
			r = s.learn(t, x)
		}
		s.wantPaid(t, x, r, payment.ClassCaptured)
	})
	t.Run("closed", func(t *testing.T) {
		x := lose(t)
		if r := s.closes(t, x, ""); !s.h.Findable {
			wantClass(t, r, payment.ClassUnknown)
			return
		} else if r.Class != payment.ClassNotFound {
			t.Errorf("got %+v, want %s", r, payment.ClassNotFound)
		}
		s.wantBooks(t, x, nothing)
	})
	t.Run("never asked for", func(t *testing.T) {
		x := s.draft(t)
		if r := s.asked(t, x, "", ""); r.Class != payment.ClassUnknown && r.Class != payment.ClassNotFound {
			t.Errorf("got %+v of a page that is not there", r)
		}
	})
}

func (s pages) rateLimited(t *testing.T) {
	x := s.draft(t)
	s.breakNext(t, RateLimited)
	_, r := s.request(t, x)
	wantClass(t, r, payment.ClassRateLimited)
	x.page = s.ask(t, x)
	wantClass(t, s.asked(t, x, x.page.Ref, ""), payment.ClassPending)
}

// unreachable: without a connection nothing was opened, and nothing is known.
func (s pages) unreachable(t *testing.T) {
	if s.h.Unreachable == nil {
		t.Skip("the harness has no unreachable provider")
	}
	x := s.open(t)
	if page, r, err := s.h.Unreachable.OpenHosted(t.Context(), x.attempt.IdemKey, x.body); !errors.Is(err, payment.ErrNotSent) || page.URL != "" {
		t.Errorf("OpenHosted: %+v, %+v, %v, want ErrNotSent", page, r, err)
	}
	for _, ref := range []string{x.page.Ref, ""} {
		if r, err := s.h.Unreachable.ReconcileHosted(t.Context(), x.attempt, ref, s.result(t, x)); err == nil && r.Class != payment.ClassUnknown {
			t.Errorf("ReconcileHosted: %+v", r)
		}
		if r, err := s.h.Unreachable.CloseHosted(t.Context(), x.attempt, ref); err == nil && r.Class != payment.ClassUnknown && !s.h.Unclosable {
			t.Errorf("CloseHosted: %+v", r)
		}
	}
}

// wrongKeys: a page is refused for certain; a question is just not answered,
// and nothing is closed.
func (s pages) wrongKeys(t *testing.T) {
	if s.h.WrongKeys == nil {
		t.Skip("the harness has no provider with wrong keys")
	}
	x := s.open(t)
	if page, r, err := s.h.WrongKeys.OpenHosted(t.Context(), x.attempt.IdemKey, x.body); err != nil || r.Class != payment.ClassConfig || page.URL != "" {
		t.Errorf("OpenHosted: %+v, %+v, %v", page, r, err)
	}
	if r, err := s.h.WrongKeys.ReconcileHosted(t.Context(), x.attempt, x.page.Ref, s.result(t, x)); err == nil && r.Class != payment.ClassUnknown {
		t.Errorf("ReconcileHosted: %+v", r)
	}
	if r, err := s.h.WrongKeys.CloseHosted(t.Context(), x.attempt, x.page.Ref); err == nil && r.Class != payment.ClassUnknown && !s.h.Unclosable {
		t.Errorf("CloseHosted: %+v", r)
	}
	wantClass(t, s.asked(t, x, x.page.Ref, ""), payment.ClassPending)
}
