package server_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// figure is an amount out of a session's totals; 0 when it is not there.
func figure(s *client.Session, of acp.TotalType) int64 {
	n, _ := acp.Amount(s.Totals, of)
	return n
}

// However many agents pay at once, at however many servers, a discount is used
// as often as it may be; who comes too late is shown the full price, and not
// charged.
func TestBuyersRaceForADiscountAtTwoServers(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		const buyers, most = 60, 7
		scarce := counted
		scarce.MaxUses = most
		s := servertest.Start(t, servertest.Options{Database: database, Discounts: []config.DiscountConfig{scarce}, Codes: []string{"counted"}})
		agents := []*servertest.Agent{s.Agent(t)}
		if config.Database(database).Engine() == config.PostgreSQL {
			agents = append(agents, s.World.Start(t).Agent(t)) // SQLite has one server
		}
		var bought [buyers]servertest.Purchase
		for i := range bought {
			bought[i] = agents[i%len(agents)].Prepare(t, servertest.Mug)
			if figure(bought[i].Session, acp.TotalItemsDiscount) != 180 {
				t.Fatalf("the discount is not in the price: %s", bought[i].Session.Raw)
			}
		}
		var sold, late atomic.Int64
		together(buyers, func(i int) {
			got, err := servertest.Persist(t.Context(), func() (*client.Session, error) { return agents[i%len(agents)].Pay(t.Context(), bought[i]) })
			switch {
			case err != nil:
				t.Error(err)
			case got.Status == acp.Completed && figure(got, acp.TotalItemsDiscount) == 180:
				sold.Add(1)
			case got.Status == acp.ReadyForPayment && figure(got, acp.TotalItemsDiscount) == 0 && strings.Contains(string(got.Raw), "discount_code_usage_limit_reached"):
				late.Add(1)
			default:
				t.Errorf("%s", got.Raw)
			}
		})
		if sold.Load() != most || late.Load() != buyers-most || usesOf(t, s.World, scarce.ID) != most {
			t.Errorf("%d sold, %d too late, %d uses; want %d and %d", sold.Load(), late.Load(), usesOf(t, s.World, scarce.ID), most, buyers-most)
		}
		if n := s.Rows(t, "orders"); n != most {
			t.Errorf("%d orders; want %d", n, most)
		}
		if mug := s.Item(t, servertest.Mug); mug.Stock != 1000-most || mug.Reserved != 0 {
			t.Errorf("%d mugs, %d of them reserved", mug.Stock, mug.Reserved)
		}
	})
}

// The page takes codes without a script, and says what is wrong with one.
func TestBuyerEntersACode(t *testing.T) {
	t.Parallel()
	member := counted
	member.ID, member.Name, member.Code, member.RequiresLogin = "member", "Members", "MEMBER", true
	alone := counted
	alone.ID, alone.Name, alone.Code, alone.Percent = "alone", "Half", "HALF", "50"
	alone.Combines = false
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{counted, member, alone}})
	agent := shop.Agent(t)
	s, b := onPage(t, agent, servertest.Mug)
	enter := func(code string, status int, says ...string) {
		t.Helper()
		got := b.post("codes", "code", code)
		if got.status != status {
			t.Fatalf("%s: %d %s", code, got.status, got.text)
		}
		if status == http.StatusSeeOther {
			got = b.look()
		}
		for _, words := range says {
			if !strings.Contains(got.text, words) {
				t.Errorf("%s: the page does not say %q: %s", code, words, got.text)
			}
		}
	}
	codes := func() string {
		t.Helper()
		now, err := agent.Get(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(now.Raw), `"discounts":{"codes":[`)
		list, _, _ := strings.Cut(rest, "]")
		return list
	}
	enter("WHAT", 422, "This shop has no such discount code.", `value="WHAT"`)
	enter("member", 422, "Sign in to use it.")
	if got := codes(); got != "" {
		t.Errorf("codes that do not apply are kept: %s", got)
	}
	enter("counted", 303, "Counted", "Remove", "-$1.80")
	enter("COUNTED", 422, "This code is entered already.")
	enter("HALF", 303, "Half", "-$9.00", "cannot be combined")
	if got := codes(); got != `"counted","HALF"` {
		t.Errorf("codes %s", got)
	}
	if got := b.post("codes", "remove", "HALF"); got.status != http.StatusSeeOther || codes() != `"counted"` {
		t.Errorf("remove: %d, codes %s", got.status, codes())
	}
	back := b.atSandbox(b.pay(), "4242424242424242")
	b.send(http.MethodGet, back, nil)
	b.becomes("Thank you")
	if err := shop.Outcome(t, s.ID).Bought(); err != nil {
		t.Error(err)
	}
	if n := usesOf(t, shop.World, counted.ID); n != 1 {
		t.Errorf("%d uses", n)
	}
	if page := b.look(); !strings.Contains(page.text, "-$1.80") {
		t.Errorf("the page of the order does not say what was taken off: %s", page.text)
	}
}

// Guessing on the page is stopped as it is for an agent.
func TestBuyerGuessesCodes(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{counted}})
	_, b := onPage(t, shop.Agent(t), servertest.Mug)
	var got screen
	for i := range 11 {
		got = b.post("codes", "code", "GUESS"+string(rune('A'+i)))
	}
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, "Too many codes were tried") {
		t.Errorf("%d %s", got.status, got.text)
	}
	if good := b.post("codes", "code", "COUNTED"); good.status != got.status || !strings.Contains(good.text, "Too many codes were tried") {
		t.Errorf("a good code is told from a bad one: %d", good.status)
	}
}

// A refund of a line gives back what was paid for it, to the last cent however
// it is cut, and the agent is told of the discounted figures.
func TestRefundOfADiscountedLine(t *testing.T) {
	t.Parallel()
	odd := counted
	odd.Percent = "7.77"
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{odd}, Codes: []string{odd.Code}})
	o := sold(t, shop, servertest.Mug, servertest.Lamp)
	if off, _ := acp.Amount(o.Totals, acp.TotalItemsDiscount); off != 140+692 {
		t.Errorf("%d off the order", off)
	}
	var lines, refunded int64
	for _, l := range o.LineItems {
		paid, _ := acp.Amount(l.Totals, acp.TotalTotal)
		lines += paid
		out, err := shop.App.Orders().Refund(t.Context(), byOperator(o, "refund-"+l.ID), 0, []order.Line{{ID: l.ID, Quantity: 1}}, order.Reason{})
		if err != nil {
			t.Fatal(err)
		}
		if out.Operation.Amount != paid {
			t.Errorf("%d is refunded for a line of %d", out.Operation.Amount, paid)
		}
		refunded += out.Operation.Amount
	}
	settled(t, shop, o)
	delivery := o.Total - lines
	if refunded != lines || delivery <= 0 {
		t.Errorf("%d refunded of lines of %d, in an order of %d", refunded, lines, o.Total)
	}
	for _, e := range shop.Told(o.CheckoutSessionID) {
		if !strings.Contains(string(e.Body), `"type":"items_discount","display_text":"Item discounts","amount":832`) {
			t.Errorf("an event does not say what was taken off: %s", e.Body)
		}
	}
}
