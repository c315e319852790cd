package server_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// well is a shop that has all that a page can show.
func well(cfg *config.Config) {
	generous(cfg)
	invoiced(cfg)
	m := &cfg.Merchants[0]
	place := func(id, kind, title, name, instructions string) config.ShippingConfig {
		s := config.ShippingConfig{ID: id, Title: title, Kind: "flat", Price: "0"}
		s.Pickup = config.PickupConfig{Type: kind, Name: name, ReadyAfter: 2 * time.Hour, KeepDays: 7, Instructions: instructions,
			Address: config.PickupAddressConfig{LineOne: "1 Market Street", City: "San Francisco", State: "CA", PostalCode: "94105"}}
		return s
	}
	m.Shipping = append(m.Shipping, place("curbside", "curbside", "Curbside pickup", "Car park", "Call from space 4"),
		place("locker", "locker", "Parcel locker", "Locker 12 at the station", ""))
	m.Restrictions = []config.RestrictionConfig{{Items: []string{servertest.Lamp}, MinAge: 18}, {Items: []string{servertest.Last}, NotIn: []string{"US-CA"}}}
	m.Discounts = []config.DiscountConfig{
		{ID: "spring", Name: "Spring sale", Code: "SPRING10", Kind: "percent", Percent: "10", Priority: 1},
		{ID: "parcel", Name: "Free delivery", Code: "PARCEL", Kind: "free_delivery", Combines: true, Priority: 1},
		{ID: "winter", Name: "Winter sale", Code: "WINTER", Kind: "percent", Percent: "20", Ends: "2026-01-01T00:00:00Z", Priority: 1}}
}

// scene is a session that is looked at, or a cart.
type scene struct {
	request acp.CreateRequest
	update  func(lines []string) acp.UpdateRequest // nil changes nothing
	account bool                                   // a purchase order is waiting
	cart    bool
	says    map[string]string // its heading, by language
}

// poster is an item that is sold to everybody, everywhere.
const poster = "poster"

var (
	headOpen   = map[string]string{"en-US": "Checkout", "de-DE": "Kasse", "ja-JP": "ご注文手続き"}
	headReview = map[string]string{"en-US": "Review and pay", "de-DE": "Prüfen und bezahlen", "ja-JP": "確認とお支払い"}
	headWaits  = map[string]string{"en-US": "Your order waits for the shop to approve it", "de-DE": "Ihre Bestellung wartet auf die Freigabe durch den Shop", "ja-JP": "ショップの承認をお待ちください"}
	headCart   = map[string]string{"en-US": "Your cart", "de-DE": "Ihr Warenkorb", "ja-JP": "カート"}
)

func scenes() map[string]scene {
	bare := acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}}
	full := servertest.Cart(servertest.Mug, servertest.Book)
	full.Buyer.PhoneNumber = "+1 555 0100"
	coming := func(option string) func([]string) acp.UpdateRequest {
		return func([]string) acp.UpdateRequest {
			return acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{Type: acp.FulfillmentPickup, OptionID: option}})}
		}
	}
	coded, restricted, aged := full, servertest.Cart(servertest.Mug, servertest.Last), servertest.Cart(servertest.Mug, servertest.Lamp)
	coded.DiscountCodes = []string{"SPRING10", "WINTER", "NOSUCH"}
	early := bare
	early.DiscountCodes = []string{"PARCEL"}
	return map[string]scene{
		"places":   {request: bare, says: headOpen},
		"full":     {request: full, says: headReview},
		"store":    {request: full, says: headReview, update: coming("market")},
		"curbside": {request: full, says: headReview, update: coming("curbside")},
		"locker":   {request: full, says: headReview, update: coming("locker")},
		"split": {request: servertest.Cart(servertest.Mug, poster), says: headReview, update: func(lines []string) acp.UpdateRequest {
			return acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{
				{Type: acp.FulfillmentPickup, OptionID: "market", ItemIDs: lines[1:]}, {Type: acp.FulfillmentShipping, OptionID: "express", ItemIDs: lines[:1]}})}
		}},
		"region":  {request: restricted, says: headOpen},
		"age":     {request: aged, says: headOpen},
		"codes":   {request: coded, says: headReview},
		"early":   {request: early, says: headOpen},
		"account": {request: full, account: true, says: headWaits},
		"cart":    {request: bare, cart: true, says: headCart},
	}
}

// Whatever a session is like, its page can be read and used: in several
// languages, light and dark, on a phone and at a desk, without scripts.
func TestEveryKindOfSessionInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	goods := servertest.Goods()
	one := goods[0]
	one.ID, one.ProductID, one.Title, one.ProductTitle = poster, poster, poster, poster
	shop := servertest.Start(t, servertest.Options{Items: append(goods, one), Shipping: nearby(), Configure: well})
	looks := []struct {
		locale string
		opts   browsertest.Options
	}{
		{"de-DE", browsertest.Options{Width: 320, Dark: true, NoJavaScript: true}},
		{"ja-JP", browsertest.Options{Width: 390, NoJavaScript: true, Touch: true}},
		{"en-US", browsertest.Options{Width: 1280, Dark: true}},
	}
	all := scenes()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		look := looks[i%len(looks)] // each is looked at once, as a page takes seconds
		t.Run(name+"-"+look.locale, func(t *testing.T) {
			t.Parallel()
			tab := b.Tab(t, look.opts)
			tab.Go(all[name].link(t, shop, look.locale))
			tab.WaitText("h1", all[name].says[look.locale])
			tab.Screenshot("kind-" + name + "-" + look.locale)
			tab.Check()
		})
	}
}

// link opens the session in a language and gives the link to its page.
func (sc scene) link(t *testing.T, shop *servertest.Server, locale string) string {
	t.Helper()
	agent := shop.Agent(t)
	if sc.cart {
		c, err := agent.CreateCart(t.Context(), acp.CartRequest{Items: sc.request.Items, Locale: locale})
		if err != nil {
			t.Fatal(err)
		}
		return c.ContinueURL
	}
	r := sc.request
	r.Locale = locale
	s, err := agent.Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if sc.update != nil {
		var lines []string
		for _, l := range s.Lines {
			lines = append(lines, l.ID)
		}
		if _, err := agent.Update(t.Context(), s.ID, sc.update(lines)); err != nil {
			t.Fatal(err)
		}
	}
	if sc.account {
		orderOnAccount(t, shop, s.ID)
	}
	return linkOf(t, s)
}
