package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// offering is a shop that has all that can be had beside parcels: places to
// come to, a courier in the evening, gift wrap, tips, questions to the buyer,
// and something that not everybody may buy.
func offering(c *config.Config) {
	m := &c.Merchants[0]
	place := func(id, kind, title, name, street string, hours ...string) config.ShippingConfig {
		return config.ShippingConfig{ID: id, Title: title, Kind: "flat", Price: "0", Pickup: config.PickupConfig{Type: kind, Name: name, Hours: hours, KeepDays: 7,
			Address: config.PickupAddressConfig{LineOne: street, City: "San Francisco", State: "CA", PostalCode: "94105"}}}
	}
	m.Shipping = append(m.Shipping,
		place("soho", "in_store", "Pick up at the harbour", "Harbour Goods", "1 Example Street", "daily 09:00-18:00"),
		place("curb", "curbside", "At the curb", "Harbour Goods, back door", "2 Example Street", "daily 09:00-18:00"),
		place("locker", "locker", "Locker 12", "Locker 12", "30 Example Square"),
		config.ShippingConfig{ID: "courier", Title: "Evening courier", Kind: "flat", Price: "7.00", LocalDelivery: config.LocalDeliveryConfig{
			PostalPrefixes: []string{"941"}, Windows: []string{"daily 18:00-21:00"}, Rounds: 2}})
	m.Timezone = "America/Los_Angeles"
	m.GiftWrap, m.MaxTip, m.TipSuggestions = config.GiftWrapConfig{Price: "3.00", Per: "order"}, "20.00", []string{"10%", "5.00"}
	m.MarketingConsents = []config.ConsentConfig{{Channel: "email", Text: "News and offers, once a month"}, {Channel: "sms", Text: "Offers of the day"}}
	m.Restrictions = []config.RestrictionConfig{{Items: []string{"clock-wall"}, MinAge: 18}}
	m.App.Agent = servertest.AgentName
}

// Who comes for the goods gives no address. Gift wrap, a tip and an answer are
// asked for in the widget, paid in the sheet and kept with the order.
func TestPickupWithAllThatTheShopOffers(t *testing.T) {
	s := open(t, offering)
	tab := s.visit(t, browsertest.Options{Height: 1000, ReducedMotion: true})
	widget := product(t, tab, "Stoneware Mug")
	widget.WaitText("#beside", "Choose a delivery.")
	widget.WaitText("#delivery-title", "Pickup")
	tab.Screenshot("simulator-offers-1")
	widget.Click("#delivery-locker")
	widget.WaitText("#buy", "Pay $19.31") // with the tax of the place
	widget.Click("#wrap")
	widget.WaitText(".totals", "Gift wrap $3.00")
	widget.Click("#tip summary")
	widget.Click("#tip .actions .button:nth-child(2)")
	widget.WaitText(".totals", "Tip $1.80")
	widget.Click("#consent-email")
	widget.WaitGone("#buy[aria-disabled]") // the answer is kept
	tab.Screenshot("simulator-offers-2")
	widget.Click("#buy")
	tab.WaitText("#sheet", "Gift wrap, Tip")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Thank you")
	widget.WaitText("#checkout", "Locker 12, 30 Example Square, San Francisco")
	tab.Screenshot("simulator-offers-3")
	clean(t, tab)

	id := s.onlySession(t)
	kept, err := s.Operator(t).Get(t.Context(), checkout.Caller{MerchantID: servertest.MerchantID, Agent: servertest.AgentName}, id)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Wrap == nil || kept.Tip != 180 || len(kept.Consents) != 1 || !kept.Consents[0].OptedIn || kept.Consents[0].Contact != "buyer@example.com" {
		t.Errorf("kept is wrap %v, tip %d, answers %+v", kept.Wrap, kept.Tip, kept.Consents)
	}
}

// onlySession is the id of the session that the shop has told an order of.
func (s *stage) onlySession(t *testing.T) (id string) {
	t.Helper()
	servertest.Eventually(t, time.Minute, func() error {
		events := s.Webhooks.Events()
		if len(events) != 1 {
			return fmt.Errorf("%d webhook events, want one", len(events))
		}
		id = events[0].SessionID
		return nil
	})
	return id
}

// A courier's round is chosen once there is an address.
func TestCourierInTheEvening(t *testing.T) {
	s := open(t, offering)
	tab := s.visit(t, browsertest.Options{Width: 390, Height: 844, Touch: true, ReducedMotion: true})
	tab.Click(`button[aria-label="Open Stoneware Mug"]`)
	widget := tab.Frame("about:srcdoc")
	widget.WaitText("#checkout", "Stoneware Mug")
	deliver(t, widget)
	widget.WaitText(".choices", "Evening courier")
	widget.Click(".choice:nth-last-child(1 of .choice)") // the other may start meanwhile
	widget.WaitText(".totals", "$7.00")
	widget.WaitText("#buy", "Pay $")
	tab.Screenshot("simulator-courier")
	check(t, tab)
	widget.Click("#buy")
	pay(t, tab, "approve")
	widget.WaitText("h1", "Thank you")
	clean(t, tab)
}

// What a buyer has to be old enough for says so at its line, and the rest of
// the widget waits for it.
func TestRestrictedItem(t *testing.T) {
	s := open(t, offering)
	tab := s.visit(t, browsertest.Options{ReducedMotion: true})
	widget := product(t, tab, "Wall Clock")
	widget.WaitText(".lines .note.negative", "18")
	widget.WaitText("#beside", "has to change first")
	tab.Screenshot("simulator-restricted")
	clean(t, tab)
}

// The same in the buyer's language: the widget's words, and those of the shop.
func TestOffersInOtherLanguages(t *testing.T) {
	s := open(t, offering, func(c *config.Config) {
		m := &c.Merchants[0]
		m.Fees = []config.FeeConfig{{ID: "box", Title: "Box", Titles: config.WordsConfig{DE: "Kartonage"}, Amount: "0.01"}}
		m.MarketingConsents[0].Texts.DE = "Neuigkeiten, einmal im Monat"
	})
	for language, says := range map[string][]string{
		"German":   {"Abholung", "Geschenkverpackung", "Trinkgeld geben", "Darf der Shop Ihnen schreiben?", "Kartonage", "Neuigkeiten, einmal im Monat", "Offers of the day"},
		"Japanese": {"受け取り", "ギフト包装", "チップを追加", "ショップからのお知らせを受け取りますか", "Box", "News and offers, once a month"},
	} {
		t.Run(language, func(t *testing.T) {
			tab := s.visit(t, browsertest.Options{Height: 1000, ReducedMotion: true, Dark: language == "Japanese"})
			tab.Click("#inspector-switches")
			tab.Select("#switch-locale", language)
			tab.Click("#inspector-traffic")
			widget := product(t, tab, "Stoneware Mug")
			for _, text := range says {
				widget.WaitText("#checkout", text)
			}
			widget.Click("#delivery-curb")
			widget.WaitText("#buy", "19")
			widget.Click("#wrap")
			widget.WaitText(".totals", says[1])
			if text := widget.Text(".choices"); strings.Contains(text, "Ready on") {
				t.Errorf("the place is told in English: %s", text)
			}
			tab.Screenshot("simulator-offers-" + language)
			clean(t, tab)
		})
	}
}
