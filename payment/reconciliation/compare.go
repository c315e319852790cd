package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

// Compare compares the payments of one account made from one time until before
// another. An error means that there is no report: a list or a book that could
// not be read to its end proves nothing.
func Compare(ctx context.Context, account Account, books Books, from, to time.Time, now func() time.Time) (Report, error) {
	started := now()
	c := &comparison{
		account: account, books: books,
		judging: judging{provider: account.Provider.Name(), now: started},
		ours:    map[string]*entry{}, byRef: map[string]*entry{},
		ledger: ledger{totals: map[string]*Total{}},
		report: Report{MerchantID: account.MerchantID, Provider: account.Provider.Name(), Account: account.ID, Live: account.Live,
			From: from, To: to, StartedAt: started, Differences: []Difference{}, Limits: []string{}},
	}
	if err := c.run(ctx); err != nil {
		return Report{}, fmt.Errorf("comparing the payments of shop %s with %s: %w", account.MerchantID, c.provider, err)
	}
	totals, err := c.close(c.report.Compared, c.report.Differences)
	if err != nil {
		return Report{}, fmt.Errorf("comparing the payments of shop %s with %s: %w", account.MerchantID, c.provider, err)
	}
	c.report.Totals = totals
	sortDifferences(c.report.Differences)
	c.limits()
	c.report.FinishedAt = now()
	return c.report, nil
}

// entry is one payment in both books.
type entry struct {
	ours
	theirs []listed
}

// comparison is one run of Compare.
type comparison struct {
	account Account
	books   Books
	judging
	ledger

	ours  map[string]*entry // of the window, by their id
	byRef map[string]*entry // those of them that are paid, by the PSP's id
	pages time.Time         // until when a payment page of the window can be paid on

	unreadable []string // the PSP's ids
	report     Report
}

func (c *comparison) run(ctx context.Context) error {
	if err := c.readOurs(ctx); err != nil {
		return err
	}
	if lister, ok := c.account.Provider.(payment.Lister); ok {
		c.report.Compared = true
		list, err := c.readTheirs(ctx, lister)
		if err != nil {
			return err
		}
		strangers := c.match(list)
		if err := c.judgeOurs(ctx); err != nil {
			return err
		}
		if err := c.judgeStrangers(ctx, strangers); err != nil {
			return err
		}
	} else {
		c.judgeAlone()
	}
	return c.judgeOperations(ctx)
}

// readOurs reads the attempts of the window.
func (c *comparison) readOurs(ctx context.Context) error {
	for after := ""; ; {
		page, err := c.books.Attempts(ctx, c.account.MerchantID, c.account.Live, c.report.From, c.report.To, after, attemptPage)
		if err != nil {
			return fmt.Errorf("our attempts: %w", err)
		}
		for i := range page {
			a := &page[i]
			if a.ID <= after {
				return fmt.Errorf("our attempts: %s follows %s", a.ID, after)
			}
			after = a.ID
			if !c.account.has(a.Provider, a.Account, a.Live) {
				c.report.Counts.OtherAccounts++
				continue
			}
			e := &entry{ours: oursOf(a)}
			c.ours[a.ID] = e
			if a.State.Paid() && a.PSPRef != "" {
				c.byRef[a.PSPRef] = e
			}
			if end := a.CreatedAt.Add(PageLife); a.Kind == payment.OnPage && end.After(c.pages) {
				c.pages = end
			}
		}
		if len(page) < attemptPage {
			c.report.Counts.Attempts = len(c.ours)
			return nil
		}
	}
}

// readTheirs reads the PSP's list to its end. A payment that is on two pages is
// as the later page has it.
func (c *comparison) readTheirs(ctx context.Context, lister payment.Lister) (map[string]listed, error) {
	from, to := c.report.From.Add(-Margin), c.report.To
	if c.pages.After(to) {
		to = c.pages
	}
	if to = to.Add(Margin); to.After(c.now.Add(Margin)) {
		to = c.now.Add(Margin) // nothing was made later, by any clock
	}
	list, cursors := map[string]listed{}, map[string]bool{}
	for cursor := ""; ; {
		page, next, err := lister.List(ctx, from, to, cursor)
		if err != nil {
			return nil, fmt.Errorf("the list: %w", err)
		}
		for _, l := range page {
			if l.PSPRef == "" {
				return nil, errors.New("the list: it has a payment without an id")
			}
			p := listedOf(l)
			if p.paid() && (!money.Valid(p.currency) || p.charged < 0 || p.refunded < 0 || p.charged > money.Max || p.refunded > money.Max) {
				p.state = payment.Unknown
			}
			list[l.PSPRef] = p
		}
		if next == "" {
			c.report.Counts.Listed = len(list)
			return list, nil
		}
		if cursors[next] {
			return nil, errors.New("the list: it comes round to a page that was read")
		}
		cursors[next], cursor = true, next
	}
}

// match puts each listed payment beside its attempt. It gives those with a
// reference that may be ours and is not of the window, by the reference.
func (c *comparison) match(list map[string]listed) map[string][]listed {
	strangers := map[string][]listed{}
	for _, p := range list {
		e := c.ours[p.reference]
		if e == nil && p.reference == "" {
			e = c.byRef[p.ref] // an operator may have settled with a payment made by hand
		}
		switch {
		case e != nil:
			e.theirs = append(e.theirs, p)
		case !c.within(p.at): // it is for the comparison of another window
		case strings.HasPrefix(p.reference, id.Attempt+"_"):
			strangers[p.reference] = append(strangers[p.reference], p)
		default:
			c.otherBusiness(p)
		}
	}
	return strangers
}

// within reports whether a listed payment is of the window itself. One of an
// unknown time is.
func (c *comparison) within(at time.Time) bool {
	return at.IsZero() || (!at.Before(c.report.From) && at.Before(c.report.To))
}

func (c *comparison) otherBusiness(p listed) {
	if !p.paid() {
		return
	}
	c.report.Counts.OtherBusiness++
	c.add(&c.of(p.currency).OtherBusiness, p.net())
}

// judgeOurs judges the attempts of the window.
func (c *comparison) judgeOurs(ctx context.Context) error {
	for _, e := range c.ours {
		if err := c.judgeEntry(ctx, e, c.judging); err != nil {
			return err
		}
	}
	return nil
}

// judgeEntry judges one payment. What seems to differ is read once more, as it
// may have moved since.
func (c *comparison) judgeEntry(ctx context.Context, e *entry, j judging) error {
	if unreadable(e.ours, e.theirs) {
		c.report.Counts.Unreadable++
		for _, p := range e.theirs {
			if p.state == payment.Unknown {
				c.unreadable = append(c.unreadable, p.ref)
			}
		}
		return nil
	}
	differences := j.judge(e.ours, e.theirs, nil)
	if len(differences) > 0 {
		a, err := c.books.Attempt(ctx, c.account.MerchantID, e.id)
		if err != nil {
			return fmt.Errorf("our attempt %s: %w", e.id, err)
		}
		if a == nil {
			return fmt.Errorf("our attempt %s is gone", e.id)
		}
		ops, err := c.books.Operations(ctx, c.account.MerchantID, e.id)
		if err != nil {
			return fmt.Errorf("the operations of our attempt %s: %w", e.id, err)
		}
		e.ours = oursOf(a)
		if e.order != "" {
			if e.shipped, err = c.books.Shipped(ctx, c.account.MerchantID, e.order); err != nil {
				return fmt.Errorf("our order %s: %w", e.order, err)
			}
		}
		if differences = j.judge(e.ours, e.theirs, ops); len(differences) > 0 && j.moving(e.ours, e.theirs, ops) {
			c.report.Counts.Moving++
			return nil
		}
	}
	c.enter(e, j.away, len(differences) == 0)
	c.report.Differences = append(c.report.Differences, differences...)
	return nil
}

// enter adds a judged payment to the totals. What an attempt of another window
// is paid with is in that window's totals, and neither side of it in these
// unless it is listed.
func (c *comparison) enter(e *entry, away, agreed bool) {
	paid, listed := 0, !away || e.among(e.theirs)
	for _, p := range e.theirs {
		if p.paid() {
			c.theirs(p)
			paid++
		}
	}
	if listed {
		c.ledger.ours(e.ours)
	}
	if paid > 0 || (listed && e.state.Paid()) {
		c.report.Counts.Paid++
		if agreed {
			c.report.Counts.Agreed++
		}
	}
}

// judgeStrangers looks up payments that were listed in the window under a
// reference that is not of the window: of an older attempt, of another shop's,
// of none.
func (c *comparison) judgeStrangers(ctx context.Context, strangers map[string][]listed) error {
	away := c.judging
	away.away = true
	for reference, theirs := range strangers {
		a, err := c.books.Attempt(ctx, c.account.MerchantID, reference)
		if err != nil {
			return fmt.Errorf("our attempt %s: %w", reference, err)
		}
		if a != nil && c.account.has(a.Provider, a.Account, a.Live) {
			if err := c.judgeEntry(ctx, &entry{oursOf(a), theirs}, away); err != nil {
				return err
			}
			continue
		}
		shared, err := c.shared(ctx, reference)
		if err != nil {
			return err
		}
		for _, p := range theirs {
			switch {
			case shared:
				c.report.Counts.OtherShops++
			case a == nil && !looksOurs(reference):
				c.otherBusiness(p)
			case p.state == payment.Unknown:
				c.report.Counts.Unreadable++
				c.unreadable = append(c.unreadable, p.ref)
			case p.paid():
				c.orphan(p, a)
			}
		}
	}
	return nil
}

// orphan reports a payment of a reference that is in none of our books, or of
// an attempt a that was made with another account.
func (c *comparison) orphan(p listed, a *payment.Attempt) {
	c.theirs(p)
	c.report.Counts.Paid++
	if p.net() == 0 { // it was given back
		c.report.Counts.Agreed++
		return
	}
	d := orphan(c.provider, p)
	if a != nil {
		d.SessionID, d.OrderID = a.SessionID, a.OrderID
	}
	c.report.Differences = append(c.report.Differences, d)
}

func (c *comparison) shared(ctx context.Context, reference string) (bool, error) {
	for _, merchant := range c.account.Shared {
		a, err := c.books.Attempt(ctx, merchant, reference)
		if err != nil {
			return false, fmt.Errorf("attempt %s of shop %s: %w", reference, merchant, err)
		}
		if a != nil && c.account.has(a.Provider, a.Account, a.Live) {
			return true, nil
		}
	}
	return false, nil
}

// looksOurs reports whether a reference has the form of an attempt's id, and is
// not another system's that also begins like one.
func looksOurs(reference string) bool {
	rest, ok := strings.CutPrefix(reference, id.Attempt+"_")
	return ok && len(rest) == 26 && strings.Trim(rest, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// judgeAlone reports what is open in our own books, where the PSP has no list.
func (c *comparison) judgeAlone() {
	for _, e := range c.ours {
		c.ledger.ours(e.ours)
		if e.state.Paid() {
			c.report.Counts.Paid++
		}
		w := writer{c.provider, e.ours}
		switch {
		case c.moving(e.ours, nil, nil):
		case e.state.Live() && c.now.Sub(e.created) > e.grace():
			c.report.Differences = append(c.report.Differences, w.open())
		case e.state == payment.Captured && e.captured == 0:
			c.report.Differences = append(c.report.Differences, w.bounced(0, 0))
		}
	}
}

// judgeOperations reports captures, voids and refunds of the account that are
// open for too long, whenever their payment was made.
func (c *comparison) judgeOperations(ctx context.Context) error {
	for after := ""; ; {
		page, err := c.books.OpenOperations(ctx, after, attemptPage)
		if err != nil {
			return fmt.Errorf("our open operations: %w", err)
		}
		for _, op := range page {
			if op.ID <= after {
				return fmt.Errorf("our open operations: %s follows %s", op.ID, after)
			}
			after = op.ID
			if op.MerchantID == c.account.MerchantID && c.account.has(op.Provider, op.Account, op.Live) &&
				op.State.Open() && c.now.Sub(op.CreatedAt) > Grace {
				c.report.Differences = append(c.report.Differences, openOperation(c.provider, op))
			}
		}
		if len(page) < attemptPage {
			return nil
		}
	}
}
