package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/server"
)

// owes puts a balance of 100.00 into the ledger of a market's first shop.
func (m *market) owes(t testing.TB, customer string, change func(*balance.Balance)) balance.Balance {
	t.Helper()
	now := m.clock.Now()
	b := balance.Balance{ID: id.New(balance.Prefix, now), MerchantID: dollars, Kind: balance.StoreCredit, CustomerID: customer, Currency: "usd",
		Rate: balance.Par, Available: 100_00, CreatedAt: now}
	if change != nil {
		change(&b)
	}
	must(t, balance.Issue(t.Context(), m.app.Store(), &b, "", "test"))
	return b
}

// left is what there is to spend of a balance, and what is held of it.
func (m *market) left(t testing.TB, balanceID string) (available, held int64) {
	t.Helper()
	b, err := m.app.Store().Balances(t.Context()).Balance(dollars, balanceID)
	must(t, err)
	return b.Available, b.Held
}

func giftCard(b *balance.Balance) {
	b.Kind, b.Code, b.Last4 = balance.GiftCard, []byte("digest of "+b.ID), "WXYZ"
}

func pointsAccount(b *balance.Balance) {
	b.Kind, b.Rate, b.Available = balance.Points, balance.Rate{Units: 100, Amount: 90}, 15_000
}

// backedBy is a complete request that pays with a balance.
func backedBy(b balance.Balance, token string) object {
	return paysBy(b.ID, string(b.Kind), token)
}

func TestRulesOfSellerBackedHandlers(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	m.bearer = m.issue(t, credential.Params{MerchantID: dollars, Agent: knowingAgent})
	tokens := 0
	vault := func() string { tokens++; return fmt.Sprint("vt_test_", tokens) }

	eachVersion(t, "SBH-01, SBH-04 what is declared says all that an agent needs, by schemas that are there", func(t *testing.T, v dialect) {
		card, loyalty, credit := m.owes(t, v.of("whole"), giftCard), m.owes(t, v.of("whole"), pointsAccount), m.owes(t, v.of("whole"), nil)
		s := m.create(t, v, v.signedIn(v.of("whole"), line("ok", 2))).is(t, "ready_for_payment")
		handlers := s.backed()
		if len(handlers) != 3 {
			t.Fatalf("%d handlers: %s", len(handlers), s.body)
		}
		if all := s.at("capabilities").at("payment").list("handlers"); all[0].text("id") != "card_tokenized" || len(all) != 4 {
			t.Errorf("the card is not the first of 4: %v", all)
		}
		for kind, b := range map[string]balance.Balance{"gift_card": card, "points": loyalty, "store_credit": credit} {
			h := handlers[b.ID]
			config := h.at("config")
			if h.text("name") != "dev.acp.seller_backed."+kind || h["requires_delegate_payment"] != true || h["requires_pci_compliance"] != false ||
				h.text("psp") != "seller_managed" || config.text("psp") != "seller_managed" || config.text("merchant_id") == "" ||
				config.text("display_name") == "" || utf8.RuneCountInString(config.text("display_name")) > 128 {
				t.Errorf("%v", h)
			}
			if regexp.MustCompile(`[0-9]{12,19}`).MatchString(strings.ReplaceAll(fmt.Sprint(h), b.ID, "")) {
				t.Errorf("this looks like a card number: %v", h)
			}
			m.validates(t, h.text("config_schema"), h["config"])
			for _, schema := range h["instrument_schemas"].([]any) {
				m.validates(t, schema.(string), backedBy(b, "vt_1")["payment_data"].(object)["instrument"])
			}
		}
		if shown := handlers[loyalty.ID].at("config").at("display_metadata"); shown.integer("balance") != 15_000 ||
			shown.text("balance_display") != "15,000 points ($135.00)" || shown.text("conversion_rate") != "100 points = $0.90" {
			t.Errorf("%v", shown)
		}
		if shown := handlers[card.ID].at("config"); shown.text("display_name") != "Gift card ending in WXYZ" || shown.at("display_metadata").text("last4") != "WXYZ" {
			t.Errorf("%v", shown)
		}
	}, handling...)

	eachVersion(t, "SBH-02 each buyer is shown their own that are valid and enough, and a guest none", func(t *testing.T, v dialect) {
		mine, theirs := m.owes(t, v.of("one"), nil), m.owes(t, v.of("two"), nil)
		m.owes(t, v.of("one"), func(b *balance.Balance) { b.Blocked = true })
		m.owes(t, v.of("one"), func(b *balance.Balance) { b.ExpiresAt = m.clock.Now().Add(-time.Second) })
		m.owes(t, v.of("one"), func(b *balance.Balance) { b.Live = true })
		m.owes(t, v.of("one"), func(b *balance.Balance) { b.Currency = "eur" })
		m.owes(t, v.of("one"), func(b *balance.Balance) { b.Available = 1 })
		m.owes(t, v.of("one"), func(b *balance.Balance) { b.MerchantID, b.ID = euros, id.New(balance.Prefix, m.clock.Now()) })
		m.ownAlone(t, v, mine.ID, theirs.ID, func() object { return backedBy(mine, vault()) })
		if handlers := m.create(t, v, v.signedIn(v.of("one"), line("ok", 6))).backed(); len(handlers) != 0 {
			t.Errorf("more than that: shown %v", handlers)
		}
		if available, held := m.left(t, mine.ID); available != 100_00 || held != 0 {
			t.Errorf("%d and %d held are left", available, held)
		}
	}, handling...)

	eachVersion(t, "SBH-03 the handler picks what pays, all of it and once", func(t *testing.T, v dialect) {
		for name, kind := range map[string]func(*balance.Balance){"store credit": nil, "gift card": giftCard, "points": pointsAccount} {
			customer := v.of("payer of " + name)
			b, other := m.owes(t, customer, kind), m.owes(t, customer, nil)
			s := m.create(t, v, v.signedIn(customer, line("ok", 2))).is(t, "ready_for_payment")
			token := vault()
			paid := m.complete(t, v, s.text("id"), backedBy(b, token)).want(t, 200).is(t, "completed")
			again := m.complete(t, v, s.text("id"), backedBy(b, token)).want(t, 200)
			if again.at("order").text("id") != paid.at("order").text("id") {
				t.Errorf("%s: a second order: %s", name, again.body)
			}
			cost, _ := b.Rate.Cost(s.total("total"))
			if available, held := m.left(t, b.ID); available != b.Available-cost || held != 0 {
				t.Errorf("%s: %d and %d held are left of %d after %d", name, available, held, b.Available, cost)
			}
			if available, _ := m.left(t, other.ID); available != other.Available {
				t.Errorf("%s: the other balance paid", name)
			}
			if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
				t.Errorf("%s: the PSP took %v", name, taken)
			}
		}
	}, handling...)

	eachVersion(t, "TOT-07, SBH-04 what a buyer pays with is not taken off the total", func(t *testing.T, v dialect) {
		b := m.owes(t, v.of("unreduced"), nil)
		s := m.create(t, v, v.signedIn(v.of("unreduced"), line("ok", 2))).is(t, "ready_for_payment")
		paid := m.complete(t, v, s.text("id"), backedBy(b, vault())).want(t, 200).is(t, "completed")
		for _, a := range []answer{s, paid, m.get(t, v, s.text("id"))} {
			if types := strings.Count(string(a.body), `"type":"store_credit"`); types != 0 || a.total("total") != a.parts() || a.total("total") != s.total("total") {
				t.Errorf("%d entries: %s", types, a.body)
			}
		}
		if available, _ := m.left(t, b.ID); available != b.Available-s.total("total") {
			t.Errorf("%d are left", available)
		}
	}, handling...)

	eachVersion(t, "SBH-03 what is gone at complete is declined, and nothing is charged", func(t *testing.T, v dialect) {
		for name, spoil := range map[string]func(*testing.T, balance.Balance){
			"spent": func(t *testing.T, b balance.Balance) {
				s := m.create(t, v, v.signedIn(b.CustomerID, line("ok", 4)))
				m.complete(t, v, s.text("id"), backedBy(b, vault())).want(t, 200).is(t, "completed")
			},
			"blocked": func(t *testing.T, b balance.Balance) {
				must(t, balance.Block(t.Context(), m.app.Store(), dollars, b.ID, true, "test", m.clock.Now()))
			},
		} {
			b := m.owes(t, v.of("spoiled by being "+name), giftCard)
			s := m.create(t, v, v.signedIn(b.CustomerID, line("ok", 2)))
			spoil(t, b)
			before, _ := m.left(t, b.ID)
			declined := m.complete(t, v, s.text("id"), backedBy(b, vault())).want(t, 200).is(t, "ready_for_payment")
			if declined.says("payment_declined") == nil || len(declined.backed()) != 0 {
				t.Errorf("%s: %s", name, declined.body)
			}
			if after, held := m.left(t, b.ID); after != before || held != 0 {
				t.Errorf("%s: %d became %d with %d held", name, before, after, held)
			}
			m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).want(t, 200).is(t, "completed")
		}
	}, handling...)

	eachVersion(t, "SBH-04 two balances that are enough together do not pay together", func(t *testing.T, v dialect) {
		half := func(b *balance.Balance) { b.Available = 30_00 }
		first, second := m.owes(t, v.of("halves"), half), m.owes(t, v.of("halves"), half)
		s := m.create(t, v, v.signedIn(v.of("halves"), line("ok", 2))).is(t, "ready_for_payment")
		if s.total("total") <= 30_00 || s.total("total") > 60_00 || len(s.backed()) != 0 {
			t.Fatalf("%d, %v", s.total("total"), s.backed())
		}
		for _, b := range []balance.Balance{first, second} {
			if m.complete(t, v, s.text("id"), backedBy(b, vault())).want(t, 200).is(t, "ready_for_payment").says("payment_declined") == nil {
				t.Error("not declined")
			}
			if available, _ := m.left(t, b.ID); available != 30_00 {
				t.Errorf("%d are left", available)
			}
		}
	}, handling...)

	eachVersion(t, "PAY-04 an instrument of another kind is refused, and a handler of nobody", func(t *testing.T, v dialect) {
		b := m.owes(t, v.of("kinds"), nil)
		s := m.create(t, v, v.signedIn(v.of("kinds"), line("ok", 1)))
		for _, wrong := range []struct {
			make  func(*balance.Balance)
			param string
		}{
			{func(b *balance.Balance) { b.Kind = balance.GiftCard }, "$.payment_data.instrument.type"},
			{func(b *balance.Balance) { b.ID = "bal_00000000000000000000000000" }, "$.payment_data.handler_id"},
			{func(b *balance.Balance) { b.ID = "bal_'; --" }, "$.payment_data.handler_id"},
		} {
			other := b
			wrong.make(&other)
			m.complete(t, v, s.text("id"), backedBy(other, vault())).refused(t, 400, "unsupported", wrong.param)
		}
		m.get(t, v, s.text("id")).is(t, "ready_for_payment")
	}, handling...)

	t.Run("a hundred sessions at once spend one balance as far as it goes", func(t *testing.T) {
		v := dialect(acp.V20260417)
		const sessions = 100
		price := m.create(t, v, v.signedIn("crowd", line("ok", 1))).total("total")
		b := m.owes(t, "crowd", func(b *balance.Balance) { b.Available = 37*price + price/2 })
		var mu sync.Mutex
		paid := 0
		var wg sync.WaitGroup
		for i := range sessions {
			wg.Go(func() {
				open := m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions", version: v, body: v.signedIn("crowd", line("ok", 1))})
				done := m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions/" + open.text("id") + "/complete", version: v,
					body: backedBy(b, fmt.Sprint("vt_crowd_", i))})
				for done.status == http.StatusServiceUnavailable { // nothing was charged, or that is not known yet
					done = m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions/" + open.text("id") + "/complete", version: v,
						body: backedBy(b, fmt.Sprint("vt_crowd_", i))})
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case done.text("status") == "completed":
					paid++
				case done.text("status") != "ready_for_payment" || done.says("payment_declined") == nil:
					t.Errorf("%d %s", done.status, done.body)
				}
			})
		}
		wg.Wait()
		if available, held := m.left(t, b.ID); paid != 37 || available != price/2 || held != 0 {
			t.Errorf("%d paid; %d and %d held are left, want %d", paid, available, held, price/2)
		}
	})

	t.Run("refunds go back to what paid, piece by piece, and the books agree", func(t *testing.T) {
		v := dialect(acp.V20260417)
		for name, kind := range map[string]func(*balance.Balance){"gift card": giftCard, "points": pointsAccount} {
			b := m.owes(t, "returns of "+name, kind)
			s := m.create(t, v, v.signedIn(b.CustomerID, line("ok", 2)))
			paid := m.complete(t, v, s.text("id"), backedBy(b, vault())).want(t, 200).is(t, "completed")
			cost, _ := b.Rate.Cost(s.total("total"))
			refund := func(amount int64) error {
				_, err := m.app.Orders().Refund(t.Context(), order.Command{MerchantID: dollars, OrderID: paid.at("order").text("id"), Who: "operator:test"}, amount, nil, order.Reason{})
				return err
			}
			must(t, refund(7_01))
			if available, _ := m.left(t, b.ID); available <= b.Available-cost || available >= b.Available {
				t.Errorf("%s: %d are there of %d", name, available, b.Available)
			}
			must(t, refund(s.total("total")-7_01))
			if available, held := m.left(t, b.ID); available != b.Available || held != 0 {
				t.Errorf("%s: %d and %d held are there after all of it came back, of %d", name, available, held, b.Available)
			}
			if err := refund(1); err == nil {
				t.Errorf("%s: more was given back than was paid", name)
			}
		}
		desk, err := server.NewDesk(m.configuration(""), m.app.Store(), m.clock.Now)
		must(t, err)
		now := m.clock.Now()
		r, err := desk.CompareLedger(t.Context(), dollars, false, now.Add(-time.Hour), now.Add(time.Minute))
		must(t, err)
		if !r.Compared || len(r.Differences) != 0 || r.Counts.Paid < 40 {
			t.Errorf("%+v", r)
		}
	})
}

// validates checks a value against a schema as an agent would, over HTTP.
func (m *market) validates(t testing.TB, schema string, value any) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(jsonschema.SchemeURLLoader{"http": schemaLoader{m.client}})
	compiled, err := c.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(bytesOf(t, value))))
	must(t, err)
	if err := compiled.Validate(parsed); err != nil {
		t.Errorf("%s: %v", schema, err)
	}
}
