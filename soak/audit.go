package soak

import (
	"context"
	"errors"
	"sync"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// audited is what came of one session, for the report and the stock.
type audited struct {
	books
	record
	units map[string]int64 // sold, by item
}

// readers is how many sessions are read at the same time.
const readers = 4

// check holds everything that is recorded against what the providers say, and
// what agents were told against what is.
func (s *sim) check() {
	s.t.Helper()
	for _, sh := range s.shops {
		s.checkShop(sh)
	}
}

// differ reports a difference that nobody has caused.
func (v *visit) differ(what string) {
	v.count("differences unexplained", what)
	v.wrong("difference: %s", what)
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
	statement, err := sh.bank.statement(s.ctx, sessions)
	if err != nil {
		s.fail("statement of %s: %v", sh.merchant.ID, err)
		return
	}
	var mu sync.Mutex
	var sum total
	parallel(mine, readers, func(v *visit) {
		a, err := v.audit(s.ctx)
		if err != nil {
			v.wrong("cannot be read: %v", err)
			return
		}
		a.books = statement[v.session]
		for _, what := range compare(a.books, a.record) {
			v.differ(what)
		}
		for _, what := range v.promises(a) {
			v.differ(what)
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
}

// audit reads what the shop has of a session.
func (v *visit) audit(ctx context.Context) (audited, error) {
	var a audited
	merchant := v.shop.merchant.ID
	sess, err := v.store.Reader(ctx).Session(merchant, v.session)
	if err != nil {
		return a, err
	}
	a.status, a.total = sess.Status, sess.Total()
	if a.attempts, err = v.store.SessionAttempts(ctx, merchant, v.session); err != nil {
		return a, err
	}
	o, err := v.store.OrderOfSession(ctx, merchant, v.session)
	if errors.Is(err, checkout.ErrNotFound) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	a.orders, a.owed, a.order = 1, o.Total, o.ID
	a.units = map[string]int64{}
	for i := range sess.LineItems {
		a.units[sess.LineItems[i].Item.ID] += o.LineItems[i].Quantity.Ordered
	}
	return a, nil
}

// promises compares what the agent was told with what is.
func (v *visit) promises(a audited) (broken []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.order != "" && v.order != a.order:
		broken = append(broken, "the agent was told of an order that is not there")
	case v.canceled && a.status != acp.Canceled:
		broken = append(broken, "the agent was told that the session is canceled, and it is "+string(a.status))
	}
	if events := len(v.desk.eventsOf(a.order)); a.order != "" && events != 1 {
		broken = append(broken, "the agent's receiver has not exactly one event of the order's making")
	}
	return broken
}

func (d *desk) eventsOf(order string) map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told[order]
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
	units                                          map[string]int64
}

func (t *total) add(a audited) {
	_, in, out, _ := a.money()
	t.orders += a.orders
	t.in, t.out = t.in+a.in, t.out+a.out
	t.recordedIn, t.recordedOut, t.owed = t.recordedIn+in, t.recordedOut+out, t.owed+a.owed
	if t.units == nil {
		t.units = map[string]int64{}
	}
	for id, n := range a.units {
		t.units[id] += n
	}
}
