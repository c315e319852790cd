package soak

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

// audited is what came of one session, for the report and the stock.
type audited struct {
	books
	record
	units     map[string]int64 // sold and not given back, by item
	discounts []string         // sold with
	canceled  bool             // the order
}

// readers is how many sessions are read at the same time.
const readers = 4

const attemptPage = 500

// check holds everything that is recorded against what the providers say, and
// what agents were told against what is.
func (s *sim) check() {
	s.t.Helper()
	s.desk.comparison(begin.Add(-day))
	for _, sh := range s.shops {
		s.checkShop(sh)
	}
}

// differ takes a difference in.
func (v *visit) differ(d difference) {
	if d.explained {
		v.count("differences explained", d.what+", at "+v.shop.provider)
		return
	}
	v.count("differences unexplained", d.what)
	v.wrong("difference: %s: %s", d.what, d.detail)
}

// known is what the simulation knows of the money.
func (v *visit) known() known {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keeper == nil {
		return known{}
	}
	return known{lowered: v.keeper.lowered, outside: v.keeper.outside, ended: v.keeper.ended}
}

func (s *sim) checkShop(sh *shop) {
	s.t.Helper()
	var mine []*visit
	var sessions []string
	for _, v := range s.visits {
		if v.shop == sh && v.session != "" {
			mine, sessions = append(mine, v), append(sessions, v.session)
		}
	}
	statement, err := s.statement(s.ctx, sh, sessions)
	if err != nil {
		s.fail("statement of %s: %v", sh.merchant.ID, err)
		return
	}
	attempts, err := s.attempts(sh)
	if err != nil {
		s.fail("attempts of %s: %v", sh.merchant.ID, err)
		return
	}
	var mu sync.Mutex
	var sum total
	parallel(mine, readers, func(v *visit) {
		a, err := v.audit(s.ctx, attempts[v.session])
		if err != nil {
			v.wrong("cannot be read: %v", err)
			return
		}
		a.books = statement[v.session]
		for _, d := range compare(a.books, a.record, v.known()) {
			v.differ(d)
			if d.explained && sh.compared && !sh.reported[v.session] {
				v.wrong("the comparison does not report: %s: %s", d.what, d.detail)
			}
		}
		for _, d := range v.promises(a) {
			v.differ(d)
		}
		mu.Lock()
		defer mu.Unlock()
		sum.add(a)
	})
	for _, session := range sessions {
		delete(statement, session)
	}
	for session, b := range statement {
		s.fail("%s has %d charges over %d for session %q, which is none of ours", sh.merchant.ID, b.charges, b.in, session)
	}
	sh.sum = sum
	s.checkStock(sh, sum)
	s.checkUses(sh, sum)
	s.checkPurses(sh, true)
}

// audit reads what the shop has of a session.
func (v *visit) audit(ctx context.Context, attempts []payment.Attempt) (audited, error) {
	a := audited{record: record{attempts: attempts}}
	merchant := v.shop.merchant.ID
	sess, err := v.store.Reader(ctx).Session(merchant, v.session)
	if err != nil {
		return a, err
	}
	a.status, a.total = sess.Status, sess.Total()
	v.checkAllocations(sess)
	if err := v.checkCards(attempts); err != nil {
		return a, err
	}
	o, err := v.store.OrderOfSession(ctx, merchant, v.session)
	if errors.Is(err, checkout.ErrNotFound) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	a.order, a.owed = o.ID, o.Total
	a.refunded, _ = acp.Amount(o.Totals, acp.TotalAmountRefunded)
	a.disputed = slices.ContainsFunc(o.Adjustments, func(j acp.Adjustment) bool { return j.Type == "dispute" })
	a.units = map[string]int64{}
	if sess.Discounts != nil {
		for _, d := range sess.Discounts.Applied {
			a.discounts = append(a.discounts, d.Coupon.ID)
		}
	}
	if a.canceled = o.Status == "canceled"; a.canceled {
		return a, nil // all of it is the shop's again
	}
	for i := range sess.LineItems {
		a.units[sess.LineItems[i].Item.ID] += o.LineItems[i].Quantity.Ordered
	}
	return a, nil
}

// attempts reads all attempts of a shop, by session.
func (s *sim) attempts(sh *shop) (map[string][]payment.Attempt, error) {
	out := map[string][]payment.Attempt{}
	for after := ""; ; {
		page, err := s.store.Attempts(s.ctx, sh.merchant.ID, false, begin.Add(-day), s.clock.Now().Add(day), after, attemptPage)
		if err != nil {
			return nil, err
		}
		for _, a := range page {
			out[a.SessionID], after = append(out[a.SessionID], a), a.ID
		}
		if len(page) < attemptPage {
			return out, nil
		}
	}
}

// promises compares what the agent was told with what is.
func (v *visit) promises(a audited) (broken []difference) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.order != "" && v.order != a.order {
		broken = append(broken, difference{what: "a promise", detail: "the agent was told of order " + v.order})
	}
	if v.canceled && a.status != acp.Canceled {
		broken = append(broken, difference{what: "a promise", detail: "the agent was told that the session is canceled, and it is " + string(a.status)})
	}
	if known := v.keeper != nil && v.keeper.disputed; known != a.disputed {
		broken = append(broken, difference{what: "a dispute that the order does not show", explained: known && v.shop.lost.Load(),
			detail: fmt.Sprintf("disputed %t, shown %t", known, a.disputed)})
	}
	if events := v.desk.eventsOf(a.order); a.order != "" && events != 1 {
		broken = append(broken, difference{what: "events of an order", detail: fmt.Sprintf("the agent has received %d that say that it was made", events)})
	}
	return broken
}

// eventsOf counts the different events with which an agent was told that an
// order was made.
func (d *desk) eventsOf(order string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.told[order])
}

// checkStock compares what was sold with what is left.
func (s *sim) checkStock(sh *shop, sum total) {
	s.t.Helper()
	ids := make([]string, len(goods))
	for i := range goods {
		ids[i] = goods[i].ID
	}
	items, err := s.store.Reader(s.ctx).Items(sh.merchant.ID, ids)
	if err != nil {
		s.fail("stock of %s: %v", sh.merchant.ID, err)
		return
	}
	for _, id := range ids {
		it := items[id]
		if it.Reserved != 0 {
			s.fail("%s: %d of %s are held for nobody", sh.merchant.ID, it.Reserved, id)
		}
		if gone := s.stockOf(id) - it.Stock; gone != sum.units[id] {
			s.fail("%s: %d of %s are gone, and orders have %d", sh.merchant.ID, gone, id, sum.units[id])
		}
	}
}

// total adds up one shop.
type total struct {
	orders, in, out, recordedIn, recordedOut, owed int64
	givenBack                                      int64 // uses of discounts
	units, discounts                               map[string]int64
}

func (t *total) add(a audited) {
	_, in, out, _ := a.money()
	if undone(a.books, in, out) {
		in, out = 0, 0
	}
	if a.order != "" {
		t.orders++
	}
	t.in, t.out = t.in+a.in, t.out+a.out
	t.recordedIn, t.recordedOut, t.owed = t.recordedIn+in, t.recordedOut+out, t.owed+a.owed
	if t.units == nil {
		t.units, t.discounts = map[string]int64{}, map[string]int64{}
	}
	for _, id := range a.discounts {
		if a.canceled {
			t.givenBack++
		} else {
			t.discounts[id]++
		}
	}
	for id, n := range a.units {
		t.units[id] += n
	}
}
