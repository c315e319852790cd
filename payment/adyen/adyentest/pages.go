package adyentest

import (
	"testing"
	"time"
)

type lineItem struct {
	Description        string `json:"description"`
	Quantity           int64  `json:"quantity"`
	AmountIncludingTax int64  `json:"amountIncludingTax"`
}

// page is where a buyer pays: a payment link, or a session of Hosted Checkout.
type page struct {
	id, status string
	session    bool
	expires    time.Time
	reference  string
	amount     amount
	checkout   string // the checkout session
	manual     bool   // held until it is captured
	lines      []lineItem
	paid       *charge // the payment that was authorised

	reusable bool                     // of a link
	refusals int                      // of a session
	results  map[string]sessionResult // of a session, by what browsers were given
}

// expiry reads the time at which a page is to close.
func (f *Fake) expiry(text string, usual, longest time.Duration) (time.Time, bool) {
	if text == "" {
		return f.now.Add(usual), true
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil && at.After(f.now) && at.Sub(f.now) <= longest
}

// open reports whether a page takes a payment.
func (p *page) open() bool { return p.status == "active" || p.status == "canceled" }

func (f *Fake) expire(p *page) {
	if p.open() && !f.now.Before(p.expires) {
		p.status = "expired"
	}
}

// PayPage is a buyer paying on a page. It returns the pspReference, or "" when
// the page takes no payment any more.
func (f *Fake) PayPage(t testing.TB, id string, o Outcome) string {
	t.Helper()
	psp, known := f.payPage(id, o)
	if !known {
		t.Fatalf("no page %s", id)
	}
	return psp
}

func (f *Fake) payPage(id string, o Outcome) (psp string, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.pages[id]
	if p == nil {
		return "", false
	}
	if f.expire(p); !p.open() {
		return "", true
	}
	c := &charge{psp: newReference(), reference: p.reference, session: p.checkout, amount: p.amount, state: refused, manual: p.manual, page: p}
	f.payments = append(f.payments, c)
	switch o {
	case Authorised:
		f.authorise(c)
		p.status, p.paid = "completed", c
	case Pending:
		c.state, p.status = pending, "paymentPending"
		return c.psp, true
	default:
		if p.refusals++; p.session && p.refusals == maxRefusals {
			p.status = "refused"
		}
	}
	f.notify(c, "AUTHORISATION", c.state == authorised, outcomes[o].RefusalReason)
	return c.psp, true
}

// DecidePage ends the wait for a pending payment on a page.
func (f *Fake) DecidePage(t testing.TB, id string, ok bool) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.payments {
		if c.page != nil && c.page.id == id && c.state == pending {
			f.decide(c, ok)
			return
		}
	}
	t.Fatalf("no pending payment on the page %s", id)
}

// Page is what a page shows: what each line comes to, and the total, in Adyen's
// minor units.
func (f *Fake) Page(id string) (lines []int64, total int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.pages[id]
	if p == nil {
		return nil, 0
	}
	for _, item := range p.lines {
		lines = append(lines, item.Quantity*item.AmountIncludingTax)
	}
	return lines, p.amount.Value
}
