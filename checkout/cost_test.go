package checkout_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/store"
)

// meter is an engine that counts what goes through it.
type meter struct {
	store.Engine
	commits, statements, reads atomic.Int64
}

func (m *meter) Query(ctx context.Context, sql string, args []any, each func(store.Row) error) error {
	m.reads.Add(1)
	return m.Engine.Query(ctx, sql, args, each)
}

func (m *meter) Commit(ctx context.Context, ops []store.Op) error {
	m.commits.Add(1)
	m.statements.Add(int64(len(ops)))
	return m.Engine.Commit(ctx, ops)
}

// cost is what a call asks of the database.
type cost struct{ Commits, Statements, Reads int64 }

// of counts what a call asks for. Nothing is remembered of the items: what was
// read in the last moment would not be read again.
func (m *meter) of(w *world, do func()) cost {
	w.stock(goods...)
	m.commits.Store(0)
	m.statements.Store(0)
	m.reads.Store(0)
	do()
	return cost{m.commits.Load(), m.statements.Load(), m.reads.Load()}
}

// What a call asks of the database is counted, so that nobody adds to it without
// noticing, and is the same however much the shop has sold before. A signed
// request writes one row more, in its first commit.
func TestCallsAskLittleOfTheDatabase(t *testing.T) {
	type session = *acp.Session
	ctx := context.Background()
	open := func(w *world, codes ...string) session {
		return w.withCodes(want("mug", "print", "ebook"), anyone, codes...)
	}
	plain := map[string]cost{"create": {1, 2, 1}, "get": {0, 0, 1}, "update": {1, 2, 2}, "complete": {2, 14, 6}, "decline": {2, 12, 6}, "cancel": {1, 2, 1}}
	for _, c := range []struct {
		name      string
		discounts []checkout.Discount
		codes     []string
		calls     map[string]cost
	}{
		{"no discounts", nil, nil, plain},
		{"discounts, no code", []checkout.Discount{limited(1000, 100)}, nil, plain},
		{"a code whose uses are counted, for all and for the buyer", []checkout.Discount{limited(1000, 100)}, []string{"FEW"}, map[string]cost{
			"create": {1, 2, 3}, "get": {0, 0, 1}, "update": {1, 2, 4}, "complete": {2, 19, 8}, "decline": {2, 16, 8}, "cancel": {1, 2, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBothStores(t, func(t *testing.T, w *world, _ []*world) {
				w.offers(c.discounts...)
				m := &meter{}
				w.store.Wrap(func(e store.Engine) store.Engine { m.Engine = e; return m })
				tokens := 0
				token := func(kind string) string { tokens++; return fmt.Sprintf("tok_%s_%d", kind, tokens) }
				calls := map[string]func() cost{
					"create": func() cost { return m.of(w, func() { open(w, c.codes...) }) },
					"get": func() cost {
						s := open(w, c.codes...)
						return m.of(w, func() {
							if _, err := w.core.Get(ctx, agent, s.ID); err != nil {
								t.Fatal(err)
							}
						})
					},
					"update": func() cost {
						s := open(w, c.codes...)
						return m.of(w, func() { w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("print", "mug"))}) })
					},
					"complete": func() cost {
						s := open(w, c.codes...)
						return m.of(w, func() {
							if got := w.must(w.complete(s.ID, token("ok"))); got.Status != acp.Completed {
								t.Fatal(got.Status)
							}
						})
					},
					"decline": func() cost {
						s := open(w, c.codes...)
						return m.of(w, func() {
							if got := w.must(w.complete(s.ID, token("decline"))); got.Status != acp.ReadyForPayment {
								t.Fatal(got.Status)
							}
						})
					},
					"cancel": func() cost {
						s := open(w, c.codes...)
						return m.of(w, func() {
							w.must(w.core.Cancel(ctx, w.call("/checkout_sessions/"+s.ID+"/cancel"), s.ID, acp.CancelRequest{}))
						})
					},
				}
				for _, when := range []string{"first", "later"} {
					for name, want := range c.calls {
						if got := calls[name](); got != want {
							t.Errorf("%s, %s: %+v; want %+v", name, when, got, want)
						}
					}
					for range 5 {
						w.must(w.complete(open(w, c.codes...).ID, token("ok")))
					}
				}
			})
		})
	}
}
