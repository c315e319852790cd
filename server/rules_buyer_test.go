package server_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

// setPolicies gives a shop every policy that there is.
func setPolicies(mc *config.MerchantConfig) {
	mc.SuggestedPriceWindow = time.Hour
}

// member is an agent of the shop with every policy.
type member struct {
	*market
	key string
}

func (m *market) members(t testing.TB) member { return member{m, m.issueFor(t, club)} }

func (c member) post(t testing.TB, v dialect, path string, body any) answer {
	t.Helper()
	return c.send(t, request{method: "POST", path: "/checkout_sessions" + path, version: v, body: body, bearer: c.key})
}

func (c member) opens(t testing.TB, v dialect, body any) answer {
	t.Helper()
	return c.post(t, v, "", body).want(t, 201)
}

func (c member) reads(t testing.TB, v dialect, id string) answer {
	t.Helper()
	return c.send(t, request{method: "GET", path: "/checkout_sessions/" + id, version: v, bearer: c.key}).want(t, 200)
}

// payment is a complete request with a card that is approved.
func (c member) payment(t testing.TB, v dialect, s answer) object {
	t.Helper()
	a := c.pays(s, card(sandbox.Approve))
	a.merchant = "acct_" + club
	return v.paying(s, c.token(t, a))
}

// reprices gives items of the shop new prices.
func (c member) reprices(t testing.TB, items ...catalog.Item) {
	t.Helper()
	imp, err := c.app.Store().Import(t.Context(), club, store.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := imp.Put(items...); err != nil {
		t.Fatal(err)
	}
	if _, err := imp.Commit(); err != nil {
		t.Fatal(err)
	}
}

// warned reports whether a session tells of another price than the agent's. The
// versions before 2026-01-30 have no code for it.
func warned(v dialect, s answer) bool {
	if v.flat() {
		for _, msg := range s.list("messages") {
			if msg.text("type") == "info" {
				return true
			}
		}
		return false
	}
	return s.says("price_change") != nil
}

func TestRulesOfSuggestedPrices(t *testing.T) {
	m := openMarket(t)
	c := m.members(t)
	cheap := catalog.Item{ID: "rising", ProductID: "p-rising", Title: "Rising", ProductTitle: "Rising", Price: 1000, Currency: "usd",
		Kind: catalog.Physical, Availability: catalog.InStock}
	dear := cheap
	dear.Price = 1300
	c.reprices(t, cheap)
	seen := time.Now()
	for until := seen.Add(5 * time.Millisecond); time.Now().Before(until); {
	}
	c.reprices(t, dear)
	told := func(amount int, at time.Time) object {
		return line("rising", 2).with("suggested_price", object{"amount": amount, "source": object{"feed_id": "feed_1"}, "observed_at": at.UTC().Format(time.RFC3339Nano)})
	}
	eachVersion(t, "SES-20 a price of a feed that was ours then is kept for a while", func(t *testing.T, v dialect) {
		for name, c2 := range map[string]struct {
			line object
			base int64
			warn bool
		}{
			"ours then":                    {told(1000, seen), 2000, false},
			"ours now":                     {told(1300, time.Now()), 2600, false},
			"never ours":                   {told(900, seen), 2600, true},
			"not ours any more then":       {told(1000, time.Now()), 2600, true},
			"before it was ours":           {told(1300, seen), 2600, false},
			"long ago":                     {told(1000, seen.Add(-2*time.Hour)), 2600, true},
			"in the future":                {told(1000, seen.Add(time.Hour)), 2600, true},
			"at no time":                   {line("rising", 2).with("suggested_price", object{"amount": 1000, "source": object{"feed_id": "f"}}), 2600, true},
			"said without where it's from": {line("rising", 2).with("unit_amount", 1000), 2600, true},
		} {
			s := c.opens(t, v, v.order(c2.line))
			if got := s.total("items_base_amount"); got != c2.base || warned(v, s) != c2.warn {
				t.Errorf("%s: %d, told of another price: %v: %s", name, got, warned(v, s), s.body)
			}
		}
	})
	eachVersion(t, "SES-20, TOT-13 a price that is kept stays through the session and is charged", func(t *testing.T, v dialect) {
		s := c.opens(t, v, v.order(line("ok", 1)))
		s = c.post(t, v, "/"+s.text("id"), object{v.items(): []any{told(1000, seen), line("ok", 1)}}).want(t, 200)
		if s.total("items_base_amount") != 2000+1995 || warned(v, s) {
			t.Fatalf("%s", s.body)
		}
		s = c.post(t, v, "/"+s.text("id"), v.cart().to(v, address("NV", "89101")).with(v.items(), []any{line("rising", 2)})).want(t, 200)
		if s.total("items_base_amount") != 2000 {
			t.Fatalf("%s", s.body)
		}
		c.post(t, v, "/"+s.text("id")+"/complete", c.payment(t, v, s)).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
			t.Errorf("%d taken, %d shown", taken, s.total("total"))
		}
	})
	t.Run("SES-20 when the window ends, the shop's price is shown before it is charged", func(t *testing.T) {
		v := dialect("2026-04-17")
		s := c.opens(t, v, v.order(told(1000, seen)))
		pay := c.payment(t, v, s)
		m.clock.Advance(time.Hour)
		got := c.post(t, v, "/"+s.text("id")+"/complete", pay).want(t, 200).is(t, "ready_for_payment")
		if got.total("items_base_amount") != 2600 || got.says("price_change") == nil || len(m.ledger(t, s.text("id"))) != 0 {
			t.Errorf("%s", got.body)
		}
	})
}
