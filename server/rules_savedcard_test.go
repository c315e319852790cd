package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/savedcard"
)

// Cards that are approved, refused and asked about.
const (
	approvedCard = "4242424242424242"
	declinedCard = "4000000000000002"
)

// vault has the PSP keep a test card for a customer, and gives what it calls it.
func (m *market) vault(t testing.TB, customer, number string, year int) (card string) {
	t.Helper()
	m.requests.Add(1)
	a := m.exchange(t, m.pspURL, request{method: "POST", path: "/v1/cards", bearer: m.secrets["key of charges"], head: map[string]string{"Idempotency-Key": id.New("idem", time.Now())},
		body: object{"merchant_id": m.account, "customer": customer, "number": number, "exp_month": 12, "exp_year": year}})
	if a.status != http.StatusCreated {
		t.Fatalf("cards: %d %s", a.status, a.body)
	}
	return a.text("id")
}

// saves keeps a card for a customer of a market's first shop, at the PSP and in
// the shop.
func (m *market) saves(t testing.TB, customer, number string, change func(*savedcard.Card)) savedcard.Card {
	t.Helper()
	now := m.clock.Now().UTC().Truncate(time.Millisecond)
	at := strings.ReplaceAll(customer, " ", "_")
	c := savedcard.Card{ID: id.New(savedcard.Prefix, now), MerchantID: dollars, CustomerID: customer, Provider: "sandbox", Account: m.account, PSPCustomer: at,
		Brand: "visa", Last4: number[len(number)-4:], ExpMonth: 12, ExpYear: now.Year() + 2, CreatedAt: now, AddedBy: "test"}
	c.PSPCard = m.vault(t, at, number, c.ExpYear)
	if change != nil {
		change(&c)
	}
	must(t, m.app.Store().AddCard(t.Context(), &c))
	return c
}

// cardPays is a complete request that pays with a saved card.
func cardPays(c savedcard.Card, token string) object {
	return paysBy(c.ID, "saved_card", token)
}

func TestRulesOfSavedCards(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	m.bearer = m.issue(t, credential.Params{MerchantID: dollars, Agent: knowingAgent})
	var mu sync.Mutex
	tokens := 0
	audit := func() string {
		mu.Lock()
		defer mu.Unlock()
		tokens++
		return fmt.Sprint("vt_audit_", tokens)
	}

	eachVersion(t, "SBH-01, SBH-04 a saved card is declared by its brand and its last digits alone", func(t *testing.T, v dialect) {
		visa := m.saves(t, v.of("whole"), approvedCard, nil)
		amex := m.saves(t, v.of("whole"), "378282246310005", func(c *savedcard.Card) { c.Brand = "amex" })
		for locale, names := range map[string][2]string{
			"en-US": {"Visa ending in 4242", "American Express ending in 0005"},
			"de-DE": {"Visa mit Endziffern 4242", "American Express mit Endziffern 0005"},
			"fr-FR": {"Visa se terminant par 4242", "American Express se terminant par 0005"},
			"es-ES": {"Visa terminada en 4242", "American Express terminada en 0005"},
			"ja-JP": {"末尾が4242のVisa", "末尾が0005のAmerican Express"},
		} {
			s := m.create(t, v, v.signedIn(v.of("whole"), line("ok", 2)).with("locale", locale)).is(t, "ready_for_payment")
			if all := s.at("capabilities").at("payment").list("handlers"); len(all) != 3 || all[0].text("id") != "card_tokenized" || all[1].text("id") != amex.ID {
				t.Fatalf("%s: not the card, and the newest saved one after it: %v", locale, all)
			}
			for i, c := range []savedcard.Card{visa, amex} {
				h := s.backed()[c.ID]
				config := h.at("config")
				if h.text("name") != "dev.acp.seller_backed.saved_card" || h["requires_delegate_payment"] != true || h["requires_pci_compliance"] != false ||
					h.text("psp") != "seller_managed" || config.text("psp") != "seller_managed" || config.text("merchant_id") == "" || config.text("payment_method_id") != c.ID {
					t.Errorf("%v", h)
				}
				if name := config.text("display_name"); name != names[i] || utf8.RuneCountInString(name) > 128 {
					t.Errorf("%s: it is called %q, want %q", locale, name, names[i])
				}
				shown := config.at("display_metadata")
				if members := slices.Sorted(maps.Keys(shown)); !slices.Equal(members, []string{"brand", "last4"}) || shown.text("brand") != c.Brand || shown.text("last4") != c.Last4 {
					t.Errorf("shown: %v", shown)
				}
				m.validates(t, h.text("config_schema"), h["config"])
				for _, schema := range h["instrument_schemas"].([]any) {
					m.validates(t, schema.(string), cardPays(c, "vt_1")["payment_data"].(object)["instrument"])
				}
				if strings.Contains(string(s.body), c.PSPCard) || strings.Contains(string(s.body), c.PSPCustomer+`"`) {
					t.Errorf("the agent is told what the payment provider calls it: %s", s.body)
				}
				if regexp.MustCompile(`[0-9]{12,19}`).MatchString(strings.ReplaceAll(fmt.Sprint(h), c.ID, "")) {
					t.Errorf("this looks like a card number: %v", h)
				}
			}
		}
	}, handling...)

	eachVersion(t, "SBH-02 each buyer is shown their own cards that can be charged, and a guest none", func(t *testing.T, v dialect) {
		mine, theirs := m.saves(t, v.of("one"), approvedCard, nil), m.saves(t, v.of("two"), approvedCard, nil)
		unfit := map[string]savedcard.Card{}
		for name, change := range map[string]func(*savedcard.Card){
			"expired":             func(c *savedcard.Card) { c.ExpYear = m.clock.Now().Year() - 1 },
			"of another account":  func(c *savedcard.Card) { c.Account = "acct_before" },
			"of another provider": func(c *savedcard.Card) { c.Provider = "stripe" },
			"of a brand not had":  func(c *savedcard.Card) { c.Brand = "jcb" },
			"of live mode":        func(c *savedcard.Card) { c.Live = true },
			"of another shop":     func(c *savedcard.Card) { c.MerchantID = euros },
			"removed":             nil,
		} {
			unfit[name] = m.saves(t, v.of("one"), approvedCard, change)
		}
		_, err := m.app.Store().RemoveCard(t.Context(), dollars, unfit["removed"].ID, "test", m.clock.Now())
		must(t, err)
		m.ownAlone(t, v, mine.ID, theirs.ID, func() object { return cardPays(mine, audit()) })
		s := m.create(t, v, v.signedIn(v.of("one"), line("ok", 2)))
		for _, name := range []string{"of live mode", "of another shop"} {
			m.notPaidBy(t, v, s, m.bearer, cardPays(unfit[name], audit()))
		}
	}, handling...)

	eachVersion(t, "SBH-03 the handler picks the card that pays, once a session and again in the next", func(t *testing.T, v dialect) {
		card, other := m.saves(t, v.of("payer"), approvedCard, nil), m.saves(t, v.of("payer"), declinedCard, nil)
		used := ""
		for range 2 {
			s := m.create(t, v, v.signedIn(v.of("payer"), line("ok", 2))).is(t, "ready_for_payment")
			declined := m.complete(t, v, s.text("id"), cardPays(other, audit())).want(t, 200).is(t, "ready_for_payment")
			if declined.says("payment_declined") == nil || len(declined.backed()) != 2 {
				t.Errorf("%s", declined.body)
			}
			token := audit()
			paid := m.complete(t, v, s.text("id"), cardPays(card, token)).want(t, 200).is(t, "completed")
			again := m.complete(t, v, s.text("id"), cardPays(card, token)).want(t, 200)
			if again.at("order").text("id") != paid.at("order").text("id") {
				t.Errorf("a second order: %s", again.body)
			}
			if taken := m.ledger(t, s.text("id")); len(taken) != 1 || taken["usd"] != s.total("total") {
				t.Errorf("the PSP took %v of %d", taken, s.total("total"))
			}
			used = token
			refund := order.Command{MerchantID: dollars, OrderID: paid.at("order").text("id"), Who: "operator:test"}
			_, err := m.app.Orders().Refund(t.Context(), refund, s.total("total"), nil, order.Reason{})
			must(t, err)
			if taken := m.ledger(t, s.text("id")); taken["usd"] != 0 {
				t.Errorf("after the refund the PSP keeps %v", taken)
			}
		}
		s := m.create(t, v, v.signedIn(v.of("payer"), line("ok", 2)))
		again := m.complete(t, v, s.text("id"), cardPays(card, used)).want(t, 200).is(t, "ready_for_payment")
		if again.says("invalid") == nil || len(m.ledger(t, s.text("id"))) != 0 {
			t.Errorf("a token that served another session: %s", again.body)
		}
	}, handling...)

	eachVersion(t, "SBH-03 a card that is gone at complete is declined, and nothing is charged", func(t *testing.T, v dialect) {
		for name, spoil := range map[string]func(*testing.T, savedcard.Card){
			"removed by the shop": func(t *testing.T, c savedcard.Card) {
				_, err := m.app.Store().RemoveCard(t.Context(), dollars, c.ID, "test", m.clock.Now())
				must(t, err)
			},
			"removed at the provider": func(t *testing.T, c savedcard.Card) {
				m.exchange(t, m.pspURL, request{method: "DELETE", path: "/v1/cards/" + c.PSPCard, bearer: m.secrets["key of charges"]}).want(t, 200)
			},
		} {
			c := m.saves(t, v.of("spoiled by being "+name), approvedCard, nil)
			s := m.create(t, v, v.signedIn(c.CustomerID, line("ok", 2)))
			spoil(t, c)
			declined := m.complete(t, v, s.text("id"), cardPays(c, audit())).want(t, 200).is(t, "ready_for_payment")
			if said := declined.says("payment_declined"); said == nil || !strings.Contains(said.text("content"), "saved card can no longer be used") {
				t.Errorf("%s: %s", name, declined.body)
			}
			if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
				t.Errorf("%s: the PSP took %v", name, taken)
			}
			m.complete(t, v, s.text("id"), v.paying(s, "tok_visa")).want(t, 200).is(t, "completed")
		}
		// The PSP has the last word on whose card it is, and on when it expires.
		for name, change := range map[string]func(*savedcard.Card){
			"another customer's at the PSP": func(c *savedcard.Card) { c.PSPCustomer = "somebody_else" },
			"unknown to the PSP":            func(c *savedcard.Card) { c.PSPCard += "x" },
			"expired at the PSP":            func(c *savedcard.Card) { c.PSPCard = m.vault(t, c.PSPCustomer, approvedCard, 2020) },
		} {
			c := m.saves(t, v.of(name), approvedCard, change)
			s := m.create(t, v, v.signedIn(c.CustomerID, line("ok", 2)))
			if m.complete(t, v, s.text("id"), cardPays(c, audit())).want(t, 200).is(t, "ready_for_payment").says("payment_declined") == nil || len(m.ledger(t, s.text("id"))) != 0 {
				t.Errorf("%s: paid, or not declined", name)
			}
		}
	}, handling...)

	eachVersion(t, "PAY-04 an instrument of another kind is refused, and a card of nobody", func(t *testing.T, v dialect) {
		c := m.saves(t, v.of("kinds"), approvedCard, nil)
		s := m.create(t, v, v.signedIn(v.of("kinds"), line("ok", 1)))
		for _, handler := range []string{"crd_00000000000000000000000000", "crd_'; --", c.PSPCard} {
			strange := c
			strange.ID = handler
			m.complete(t, v, s.text("id"), cardPays(strange, audit())).refused(t, 400, "unsupported", "$.payment_data.handler_id")
		}
		other := cardPays(c, audit())
		other["payment_data"].(object)["instrument"].(object)["type"] = "seller_backed_gift_card"
		m.complete(t, v, s.text("id"), other).refused(t, 400, "unsupported", "$.payment_data.instrument.type")
		m.get(t, v, s.text("id")).is(t, "ready_for_payment")
	}, handling...)

	eachVersion(t, "CMP-08, CMP-10 a saved card whose bank asks is paid with the proof for it, and with no other", func(t *testing.T, v dialect) {
		card, other := m.saves(t, v.of("asked"), asksBuyer, nil), m.saves(t, v.of("asked"), approvedCard, nil)
		able := object{"interventions": object{"supported": []any{"3ds"}}}
		s := m.create(t, v, v.signedIn(v.of("asked"), line("ok", 2)).with("capabilities", able)).is(t, "ready_for_payment")
		if s.backed()[card.ID].at("config")["supports_3ds"] != true {
			t.Errorf("%v", s.backed()[card.ID])
		}
		token := audit()
		waits := m.complete(t, v, s.text("id"), cardPays(card, token)).want(t, 200).is(t, "authentication_required")
		if waits.at("authentication_metadata").text("directory_server") != "visa" || len(m.ledger(t, s.text("id"))) != 0 {
			t.Fatalf("%s", waits.body)
		}
		proof := m.authenticate(t, waits, asksBuyer)
		m.complete(t, v, s.text("id"), cardPays(other, token).with("authentication_result", proof)).want(t, 400)
		m.complete(t, v, s.text("id"), cardPays(card, audit()).with("authentication_result", proof)).want(t, 400)
		m.complete(t, v, s.text("id"), cardPays(card, token).with("authentication_result", proof)).want(t, 200).is(t, "completed")
		if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
			t.Errorf("%d was taken of %d", taken, s.total("total"))
		}
		// An agent that can authenticate nobody gets a decline that says so.
		s = m.create(t, v, v.signedIn(v.of("asked"), line("ok", 2)))
		if m.complete(t, v, s.text("id"), cardPays(card, audit())).want(t, 200).is(t, "ready_for_payment").says("requires_3ds") == nil || len(m.ledger(t, s.text("id"))) != 0 {
			t.Error("paid, or not declined")
		}
	}, acp.V20260130, acp.V20260417)

	t.Run("sessions that are paid with one card at the same time are each paid once", func(t *testing.T) {
		v := dialect(acp.V20260417)
		card := m.saves(t, "crowd", approvedCard, nil)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				open := m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions", version: v, body: v.signedIn("crowd", line("ok", 1))})
				pay := request{method: "POST", path: "/checkout_sessions/" + open.text("id") + "/complete", version: v, body: cardPays(card, audit())}
				done := m.exchange(t, m.url, pay)
				for done.status == http.StatusServiceUnavailable {
					done = m.exchange(t, m.url, pay)
				}
				if done.text("status") != "completed" {
					t.Errorf("%d %s", done.status, done.body)
				}
				if l, err := m.psp.Ledger(t.Context(), open.text("id")); err != nil || l.Charges != 1 {
					t.Errorf("%d charges, %v", l.Charges, err)
				}
			})
		}
		wg.Wait()
	})

	t.Run("neither logs nor webhooks tell what the payment provider calls a card, nor what the agent sent", func(t *testing.T) {
		for _, secret := range []string{"scd_", "vt_audit_"} {
			if strings.Contains(m.logs.String(), secret) {
				t.Errorf("the log has %q", secret)
			}
			for _, e := range m.hooks.Events() {
				if strings.Contains(string(e.Body), secret) {
					t.Errorf("a webhook has %q", secret)
				}
			}
		}
	})
}
