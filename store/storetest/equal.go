package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

// write is one random write, made anew for each store.
type write struct {
	name string
	do   func(tx *store.Tx) error
}

// Equal runs the same random units of work on two stores and compares, after
// each, whether it was refused, and in the end all that can be read.
func Equal(t *testing.T, openA, openB Open) {
	a, b := openA(t), openB(t)
	for _, s := range []*store.Store{a, b} {
		imported(t, s, shop, store.ImportOptions{}, newItem("i0", 5), newItem("i1", 1), newItem("i2", 0))
	}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		prefix := fmt.Sprintf("%d_", round)
		for unit := range rapid.IntRange(1, 15).Draw(rt, "units") {
			writes := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) write { return drawWrite(rt, prefix, unit) }), 1, 4).Draw(rt, "unit")
			run := func(s *store.Store) error {
				return once(t.Context(), s, func(tx *store.Tx) error {
					for _, w := range writes {
						if err := w.do(tx); err != nil {
							return err
						}
					}
					return nil
				})
			}
			errA, errB := run(a), run(b)
			for _, err := range []error{errA, errB} {
				if err != nil && !errors.Is(err, errGuard) && !errors.Is(err, errAbsent) {
					rt.Fatal(err)
				}
			}
			if !errors.Is(errA, errB) || !errors.Is(errB, errA) {
				rt.Fatalf("one says %v, the other %v", errA, errB)
			}
		}
		if diff := cmp.Diff(dump(rt, t, a, prefix), dump(rt, t, b, prefix)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// errAbsent stands for a row that a write meant to change and that is not
// there.
var errAbsent = errors.New("absent")

const equalIDs = 3 // few ids, so that writes meet

func drawWrite(rt *rapid.T, prefix string, unit int) write {
	n := rapid.IntRange(0, equalIDs-1).Draw(rt, "n")
	other := rapid.IntRange(0, equalIDs-1).Draw(rt, "other")
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aé\"\\\n☃")), 0, 8, -1).Draw(rt, "text")
	states := []payment.State{payment.Sending, payment.Captured, payment.Declined, payment.Failed, payment.Voided}
	state := rapid.SampledFrom(states).Draw(rt, "state")
	stale := rapid.Bool().Draw(rt, "stale")
	id := func(kind string, n int) string { return fmt.Sprintf("%s_%s%d", kind, prefix, n) }

	switch rapid.IntRange(0, 12).Draw(rt, "kind") {
	case 12:
		d := order.Discounted{MerchantID: shop, OrderID: id("ord", n), DiscountID: id("discount", other%2), Live: stale, Buyer: text, Amount: int64(unit), Currency: "usd", At: at}
		if state == payment.Voided {
			return write{"give back discounts", func(tx *store.Tx) error { return tx.GiveBackDiscounts(shop, d.OrderID, at.Add(time.Hour)) }}
		}
		return write{"insert discounted", func(tx *store.Tx) error { return tx.InsertDiscounted(d) }}
	case 11:
		return drawCartWrite(rt, id("cart", n), text, stale)
	case 10:
		u := checkout.Use{DiscountID: id("discount", n%2), Buyer: []string{"", "buyer"}[other%2]}
		verb := rapid.SampledFrom([]string{"hold", "hold", "release", "spend", "return"}).Draw(rt, "verb")
		return write{verb + " use", func(tx *store.Tx) error {
			switch verb {
			case "hold":
				return tx.HoldUse(shop, stale, u, 2)
			case "release":
				return tx.ReleaseUse(shop, stale, u)
			case "return":
				return tx.ReturnUse(shop, stale, u)
			}
			return tx.SpendUse(shop, stale, u)
		}}
	case 0:
		return write{"insert session", func(tx *store.Tx) error {
			ses := newSession(shop, id("cs", n))
			ses.OrderNotes = text
			return tx.InsertSession(ses)
		}}
	case 1:
		return write{"save session", func(tx *store.Tx) error {
			ses, err := tx.Session(shop, id("cs", n))
			if err != nil {
				return errAbsent
			}
			ses.OrderNotes, ses.Metadata = text, map[string]any{"unit": float64(unit)}
			if stale {
				ses.Version--
			}
			return tx.SaveSession(ses)
		}}
	case 2:
		return write{"insert attempt", func(tx *store.Tx) error {
			a := newAttempt(id("pay", n), id("cs", other), state, "")
			if stale {
				a.TokenFP = []byte(id("token", other))
			}
			return tx.InsertAttempt(a)
		}}
	case 3:
		return write{"save attempt", func(tx *store.Tx) error {
			a, err := tx.Attempt(shop, id("pay", n))
			if err != nil {
				return errAbsent
			}
			a.State, a.Decline = state, text
			return tx.SaveAttempt(a)
		}}
	case 4:
		return write{"append event", func(tx *store.Tx) error {
			return tx.AppendEvent(shop, payment.Event{AttemptID: id("pay", n), At: at, To: state, Detail: text})
		}}
	case 5:
		return write{"insert order", func(tx *store.Tx) error {
			o := newOrder(id("ord", n), id("cs", other), "")
			o.LineItems = []acp.OrderLineItem{{ID: text}}
			if stale {
				o.Sold = order.Sold{Stock: []order.Units{{ItemID: text, Quantity: int64(other)}}, Uses: []order.Use{{DiscountID: text}}, GivenBackAt: at}
			}
			return tx.InsertOrder(o)
		}}
	case 6:
		return write{"put idempotency record", func(tx *store.Tx) error {
			scope := idempotency.Scope{MerchantID: shop, Key: id("key", n)}
			prev, err := tx.IdempotencyRecord(scope)
			if err != nil {
				return err
			}
			if stale {
				prev = nil
			}
			return tx.PutIdempotencyRecord(idempotency.Record{Hash: scope.Hash(), MerchantID: shop, State: idempotency.Done, Status: 200 + other,
				Body: []byte(text), ExpiresAt: at.AddDate(100, 0, 0)}, prev)
		}}
	case 7:
		return write{"move stock", func(tx *store.Tx) error {
			item, quantity := fmt.Sprintf("i%d", n), int64(other+1)
			switch {
			case stale:
				return tx.Reserve(shop, item, quantity)
			case state == payment.Captured && text == "":
				return tx.SellBeyond(shop, item, quantity, min(quantity, int64(unit%3)))
			case state == payment.Captured:
				return tx.Sell(shop, item, quantity)
			case state == payment.Voided:
				counted, err := tx.Items(shop, []string{item})
				if err != nil {
					return err
				}
				return tx.Restock(shop, order.Units{ItemID: item, Quantity: quantity, CountedBy: counted[item].CountedBy - int64(unit%2)})
			}
			return tx.Release(shop, item, quantity)
		}}
	case 8:
		return write{"enqueue", func(tx *store.Tx) error {
			j := newJob(id("job", n), id("order", other%2), at.Add(time.Duration(other)*time.Second))
			j.Kind = id("kind", 0)
			return tx.Enqueue(j)
		}}
	}
	return write{"dequeue", func(tx *store.Tx) error { return tx.Dequeue(shop, id("job", n)) }}
}

// dump reads all that the writes of a round can have left, and takes its jobs.
func dump(rt *rapid.T, t *testing.T, s *store.Store, prefix string) string {
	var out strings.Builder
	ctx := t.Context()
	r := s.Reader(ctx)
	note := func(v any, err error) {
		fmt.Fprintf(&out, "%v %v\n", asText(v), err)
	}
	for n := range equalIDs {
		id := func(kind string) string { return fmt.Sprintf("%s_%s%d", kind, prefix, n) }
		note(r.Session(shop, id("cs")))
		note(r.Cart(shop, id("cart")))
		note(r.Attempt(shop, id("pay")))
		note(s.AttemptEvents(ctx, shop, id("pay")))
		note(s.SessionAttempts(ctx, shop, id("cs")))
		note(r.Order(shop, id("ord")))
		note(s.OrderOfSession(ctx, shop, id("cs")))
		note(r.IdempotencyRecord(idempotency.Scope{MerchantID: shop, Key: id("key")}))
		session, used, err := r.TokenUsed("sandbox", [][]byte{[]byte(id("token"))})
		note(fmt.Sprint(session, used), err)
	}
	for n := range 2 {
		for _, live := range []bool{false, true} {
			uses := []checkout.Use{{DiscountID: fmt.Sprintf("discount_%s%d", prefix, n)}, {DiscountID: fmt.Sprintf("discount_%s%d", prefix, n), Buyer: "buyer"}}
			counts, err := r.DiscountUses(shop, live, uses)
			note(fmt.Sprint(counts[uses[0]], counts[uses[1]]), err)
			note(s.DiscountOrders(ctx, shop, live, uses[0].DiscountID, "", 2))
			note(s.BuyerUseCounts(ctx, shop, live, uses[0].DiscountID, "", 2))
		}
	}
	note(s.ListItems(ctx, shop, "", 10))
	for now := at; ; now = now.Add(lease) {
		jobs, err := s.Claim(ctx, []string{"kind_" + prefix + "0"}, now, lease, 2)
		note(jobs, err)
		if err != nil || len(jobs) == 0 {
			return out.String()
		}
		for _, j := range jobs {
			if err := s.Finish(ctx, j); err != nil {
				rt.Fatal(err)
			}
		}
	}
}

// asText prints a value with what its pointers point to.
func asText(v any) string { return cmp.Diff(nil, v) }
