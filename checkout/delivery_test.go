package checkout_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
)

// aTuesday is when the tests of deliveries begin: in the morning in San
// Francisco.
var aTuesday = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

// placesWorld is a shop with a parcel by weight, a place to come to in
// California, a locker in Germany and a courier around that place.
func placesWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.clock.now, w.merchant.LowStock = aTuesday, 0
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	market := pricing.Location{Name: "Market", LineOne: "1 Market Street", City: "San Francisco", Region: "CA", PostalCode: "94105", Country: "US", Phone: "+14155550100", Instructions: "Ring"}
	hours := pricing.Hours{Zone: pacific}
	for day := time.Monday; day <= time.Friday; day++ {
		hours.Open = append(hours.Open, pricing.Interval{Day: day, From: 9 * 60, To: 18 * 60})
	}
	w.merchant.Methods = append(w.merchant.Methods,
		pricing.Method{ID: "parcel", Title: "Parcel", Carrier: "Post", Kind: pricing.ByWeight, Countries: []string{"US", "DE"}, Tiers: []pricing.Tier{{UpTo: 500, Price: 200}, {UpTo: 1000, Price: 300}}},
		pricing.Method{ID: "market", Title: "Pick up at the market", Kind: pricing.Flat, Price: 100,
			Pickup: &pricing.Pickup{Kind: "in_store", Location: market, Hours: hours, ReadyAfter: 2 * time.Hour, KeepDays: 3}},
		pricing.Method{ID: "locker", Title: "Locker in Berlin", Kind: pricing.Flat,
			Pickup: &pricing.Pickup{Kind: "locker", Location: pricing.Location{Name: "Locker", LineOne: "1 Teststr.", City: "Berlin", PostalCode: "10115", Country: "DE"}, ReadyDays: 1}},
		pricing.Method{ID: "courier", Title: "Courier", Kind: pricing.Flat, Price: 700, Countries: []string{"US"},
			Local: &pricing.Local{PostalPrefixes: []string{"941"}, Lead: time.Hour, Rounds: 2, Windows: pricing.Hours{Zone: pacific, Open: []pricing.Interval{
				{Day: time.Tuesday, From: 18 * 60, To: 20 * 60}, {Day: time.Wednesday, From: 18 * 60, To: 20 * 60}}}}})
	for _, m := range w.merchant.Methods {
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

const thisEvening, tomorrowEvening = "courier@20260303T1800", "courier@20260304T1800"

// chosen lists what is delivered how: "standard: mug, lamp".
func chosen(s *acp.Session) string {
	var out []string
	for _, sel := range s.SelectedFulfillmentOptions {
		var items []string
		for _, id := range sel.ItemIDs {
			items = append(items, s.LineItems[slices.IndexFunc(s.LineItems, func(l acp.LineItem) bool { return l.ID == id })].Item.ID)
		}
		out = append(out, sel.OptionID+": "+strings.Join(items, ", "))
	}
	return strings.Join(out, "; ")
}

// tells reports whether a message has some words.
func tells(s *acp.Session, words string) bool {
	return slices.ContainsFunc(s.Messages, func(m acp.Message) bool { return strings.Contains(m.Content, words) })
}

func option(t testing.TB, s *acp.Session, id string) *acp.FulfillmentOption {
	t.Helper()
	at := slices.IndexFunc(s.FulfillmentOptions, func(o acp.FulfillmentOption) bool { return o.ID == id })
	if at < 0 {
		t.Fatalf("%s is not on offer: %+v", id, s.FulfillmentOptions)
	}
	return &s.FulfillmentOptions[at]
}

func amount(totals []acp.Total, kind acp.TotalType) int64 {
	n, _ := acp.Amount(totals, kind)
	return n
}

// selectThese chooses options: "express: mug, lamp" for some items, "express" for
// all that it can carry.
func selectThese(choices ...string) acp.UpdateRequest {
	var sel []acp.SelectedFulfillmentOption
	for _, c := range choices {
		option, items, named := strings.Cut(c, ": ")
		s := acp.SelectedFulfillmentOption{OptionID: option}
		if named {
			s.ItemIDs = strings.Split(items, ", ")
		}
		sel = append(sel, s)
	}
	return acp.UpdateRequest{Selected: acp.Some(sel)}
}

func addressed(a acp.Address) acp.UpdateRequest {
	return acp.UpdateRequest{FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(a)})}
}

func inGermany() acp.Address {
	a := *california.Address
	a.City, a.State, a.Country, a.PostalCode = "Berlin", "", "DE", "10115"
	return a
}

func (w *world) createWithoutAddress(items ...string) *acp.Session {
	w.t.Helper()
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want(items...), Currency: "usd"}))
}

func TestPickupNeedsNoAddress(t *testing.T) {
	w := placesWorld(t)
	s := w.createWithoutAddress("mug")
	if s.Status != acp.NotReadyForPayment || chosen(s) != "" || len(s.FulfillmentOptions) != 2 || s.Messages[0].Code != acp.CodeMissing || !strings.Contains(s.Messages[0].Content, "pick the goods up") {
		t.Fatalf("%s %q %v", s.Status, chosen(s), said(s))
	}
	o := option(t, s, "market")
	if want := aTuesday.Add(2 * time.Hour); o.Type != acp.FulfillmentPickup || !o.ReadyBy.Equal(want) || !o.PickupBy.Equal(time.Date(2026, time.March, 7, 2, 0, 0, 0, time.UTC)) ||
		o.PickupType != "in_store" || o.Location.Name != "Market" || o.Location.Address.PostalCode != "94105" || o.Location.Phone == "" || o.Location.Instructions != "Ring" {
		t.Fatalf("%+v %+v", o, o.Location)
	}
	s = w.update(s.ID, selectThese("market"))
	if s.Status != acp.ReadyForPayment || chosen(s) != "market: mug" || s.FulfillmentDetails != nil {
		t.Fatalf("%s %q %v", s.Status, chosen(s), said(s))
	}
	// 18.00 and 1.00 at 8.625 %, where it is picked up.
	if tax, total := amount(s.Totals, acp.TotalTax), s.Totals[len(s.Totals)-1]; tax != 155+9 || total.Amount != 1800+100+164 || total.Description != "" {
		t.Fatalf("totals %+v", s.Totals)
	}
	if a := w.complete(s.ID, "tok_ok_pickup"); w.must(a).Status != acp.Completed {
		t.Fatalf("%s", a.Body)
	}
}

// Whoever reads nothing but titles and descriptions knows where and when.
func TestPlacesAndRoundsSayWhereAndWhen(t *testing.T) {
	w := placesWorld(t)
	for locale, want := range map[string][2]string{
		"en": {"Market, 1 Market Street, San Francisco. Ready on March 3, 2026 at 11:00 AM, kept until March 6, 2026.", "Courier, March 3, 2026, 6:00 PM–8:00 PM"},
		"de": {"Market, 1 Market Street, San Francisco. Abholbereit am 3. März 2026 um 11:00 Uhr, aufbewahrt bis 6. März 2026.", "Courier, 3. März 2026, 18:00–20:00 Uhr"},
		"ja": {"Market, 1 Market Street, San Francisco。2026年3月3日 11:00からお受け取りいただけます（保管期限：2026年3月6日）。", "Courier、2026年3月3日 18:00～20:00"},
	} {
		s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: []acp.RequestedItem{{ID: "mug", Quantity: 1}}, Locale: locale, FulfillmentDetails: california}))
		if got := option(t, s, "market").Description; got != want[0] {
			t.Errorf("%s: %q; want %q", locale, got, want[0])
		}
		if got := option(t, s, thisEvening).Title; got != want[1] {
			t.Errorf("%s: %q; want %q", locale, got, want[1])
		}
	}
}

func TestShippingIsPreselectedBeforeWhatIsCheaperToFetch(t *testing.T) {
	w := placesWorld(t)
	if s := w.create("mug"); chosen(s) != "parcel: mug" {
		t.Errorf("preselected %q", chosen(s))
	}
	w.merchant.Methods = slices.DeleteFunc(w.merchant.Methods, func(m pricing.Method) bool { return m.Way() == pricing.Shipping })
	if s := w.create("mug"); chosen(s) != thisEvening+": mug" {
		t.Errorf("without shipping, preselected %q", chosen(s))
	}
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug"), FulfillmentDetails: &acp.FulfillmentDetails{Address: new(inGermany())}}))
	if chosen(s) != "" || s.Messages[0].Code != acp.CodeRegionRestricted || !strings.Contains(s.Messages[0].Content, "pick the goods up") {
		t.Errorf("where nothing is delivered to, preselected %q: %v", chosen(s), said(s))
	}
	w.merchant.Methods = slices.DeleteFunc(w.merchant.Methods, func(m pricing.Method) bool { return m.Way() == pricing.LocalDelivery })
	if s := w.createWithoutAddress("mug", "ebook"); chosen(s) != "locker: mug; download: ebook" || s.Status != acp.ReadyForPayment {
		t.Errorf("where nothing is ever delivered, preselected %q: %v", chosen(s), said(s))
	}
}

func TestSeveralSelections(t *testing.T) {
	w := placesWorld(t)
	s := w.create("mug", "lamp", "print", "ebook")
	if chosen(s) != "standard: mug, lamp, print; download: ebook" { // too heavy for the parcel
		t.Fatalf("preselected %q", chosen(s))
	}
	if slices.ContainsFunc(s.FulfillmentOptions, func(o acp.FulfillmentOption) bool { return o.ID == "parcel" }) {
		t.Fatal("the parcel is on offer for more than it can hold")
	}

	// What is picked up does not weigh on the rest.
	s = w.update(s.ID, selectThese("market: lamp"))
	if chosen(s) != "market: lamp; parcel: mug, print; download: ebook" || s.Status != acp.ReadyForPayment {
		t.Fatalf("selected %q %v", chosen(s), said(s))
	}
	if net := amount(option(t, s, "parcel").Totals, acp.TotalFulfillment); net != 200 || amount(s.Totals, acp.TotalFulfillment) != 100+200 {
		t.Errorf("the parcel costs %d; totals %+v", net, s.Totals)
	}
	for choice, want := range map[string]string{
		"express: lamp|standard: mug, print": "express: lamp; standard: mug, print; download: ebook",
		"express: lamp|standard":             "express: lamp; standard: mug, print; download: ebook",
		"express: lamp":                      "express: mug, lamp, print; download: ebook", // the rest comes along
		"market|download: ebook":             "market: mug, lamp, print; download: ebook",
		"market: mug, ebook|locker: lamp":    "market: mug; locker: lamp; parcel: print; download: ebook",
		thisEvening + ": lamp|express: mug":  thisEvening + ": lamp; express: mug, print; download: ebook",
		"express: mug|express: lamp, print":  "express: mug, lamp, print; download: ebook",
	} {
		if s = w.update(s.ID, selectThese(strings.Split(choice, "|")...)); chosen(s) != want || s.Status != acp.ReadyForPayment {
			t.Errorf("%q: selected %q %v; want %q", choice, chosen(s), said(s), want)
		}
	}
}

func TestSelectionsThatCannotBe(t *testing.T) {
	w := placesWorld(t)
	s := w.create("mug", "lamp", "ebook")
	before := chosen(s)
	for choice, want := range map[string]struct{ code, param string }{
		"nope":                        {acp.CodeInvalid, "$.selected_fulfillment_options[0].option_id"},
		"courier: mug":                {acp.CodeInvalid, "$.selected_fulfillment_options[0].option_id"}, // without its round
		"market: mug|express: vase":   {acp.CodeInvalid, "$.selected_fulfillment_options[1].item_ids[0]"},
		"market: mug|express: mug":    {acp.CodeInvalid, "$.selected_fulfillment_options[1].item_ids[0]"},
		"download: ebook, mug":        {acp.CodeInvalid, "$.selected_fulfillment_options[0].item_ids[1]"},
		"market|express":              {acp.CodeUnsupported, "$.selected_fulfillment_options[1]"},
		"market: mug, lamp|express":   {acp.CodeUnsupported, "$.selected_fulfillment_options[1]"},
		"market|express: mug, lamp":   {acp.CodeUnsupported, "$.selected_fulfillment_options[0]"},
		"download|download: ebook":    {},
		"express: mug|standard: lamp": {},
	} {
		a := w.core.Update(context.Background(), w.call("/checkout_sessions/"+s.ID), s.ID, selectThese(strings.Split(choice, "|")...))
		if want.code == "" {
			w.must(a)
			w.update(s.ID, acp.UpdateRequest{Selected: acp.Opt[[]acp.SelectedFulfillmentOption]{Set: true, Null: true}})
			continue
		}
		w.refused(a, 400, want.code, want.param)
		if now := w.update(s.ID, acp.UpdateRequest{}); chosen(now) != before {
			t.Errorf("%s: selected %q; it was %q", choice, chosen(now), before)
		}
	}
}

func TestLinesThatComeLater(t *testing.T) {
	w := placesWorld(t)
	more := acp.UpdateRequest{Items: acp.Some(want("mug", "lamp", "print"))}
	for choice, after := range map[string]string{
		"market":                    "market: mug, lamp, print",
		"market: mug, lamp":         "market: mug, lamp, print", // that was all
		"market: lamp":              "market: lamp; parcel: mug, print",
		"market: lamp|express: mug": "market: lamp; express: mug, print",
	} {
		s := w.create("mug", "lamp")
		w.update(s.ID, selectThese(strings.Split(choice, "|")...))
		if s = w.update(s.ID, more); chosen(s) != after {
			t.Errorf("%q, then a print: selected %q; want %q", choice, chosen(s), after)
		}
	}
}

// FUL-10: what is not on offer any more is dropped, and the buyer is told.
func TestAnotherAddressDropsWhatDoesNotGoThere(t *testing.T) {
	w := placesWorld(t)
	s := w.create("mug", "lamp")
	s = w.update(s.ID, selectThese(thisEvening+": lamp", "market: mug"))
	if chosen(s) != thisEvening+": lamp; market: mug" {
		t.Fatalf("selected %q", chosen(s))
	}
	s = w.update(s.ID, addressed(inGermany()))
	if chosen(s) != "market: mug; standard: lamp" || len(s.Messages) != 1 || !strings.Contains(s.Messages[0].Content, "Standard was selected instead") {
		t.Fatalf("selected %q %v", chosen(s), said(s))
	}
	if tax := amount(s.LineItems[1].Totals, acp.TotalTax); tax != 1691 || amount(s.LineItems[0].Totals, acp.TotalTax) != 155 {
		t.Errorf("the lamp is taxed %d, the mug %+v", tax, s.LineItems[0].Totals)
	}
	s = w.update(s.ID, addressed(*california.Address))
	if chosen(s) != "market: mug; standard: lamp" || len(s.Messages) != 0 {
		t.Errorf("back again, selected %q %v", chosen(s), said(s))
	}
}

func TestAChoiceWaitsForItsAddress(t *testing.T) {
	w := placesWorld(t)
	s := w.create("mug")
	w.update(s.ID, selectThese("express"))
	s = w.update(s.ID, acp.UpdateRequest{FulfillmentDetails: acp.Opt[acp.FulfillmentDetailsPatch]{Set: true, Null: true}})
	if chosen(s) != "" || len(s.Messages) != 1 || s.Messages[0].Code != acp.CodeMissing {
		t.Fatalf("without an address, selected %q %v", chosen(s), said(s))
	}
	if s = w.update(s.ID, addressed(*california.Address)); chosen(s) != "express: mug" || len(s.Messages) != 0 {
		t.Errorf("with it again, selected %q %v", chosen(s), said(s))
	}
}

func TestACouriersRoundIsNotPromisedOnceItHasBegun(t *testing.T) {
	w := placesWorld(t)
	w.merchant.QuoteTTL = 3 * time.Hour
	begins := time.Date(2026, time.March, 4, 2, 0, 0, 0, time.UTC)
	w.clock.now = begins.Add(-2 * time.Hour)
	s := w.create("mug")
	s = w.update(s.ID, selectThese(thisEvening))
	o := option(t, s, thisEvening)
	if !o.Window.Start.Equal(begins) || !o.Window.End.Equal(begins.Add(2*time.Hour)) || !s.QuoteExpiresAt.Equal(begins) {
		t.Fatalf("window %+v, quote until %v", o.Window, s.QuoteExpiresAt)
	}
	w.clock.Advance(110 * time.Minute) // past the lead, not past the quote
	if s = w.update(s.ID, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "buyer@example.com"})}); chosen(s) != thisEvening+": mug" {
		t.Fatalf("selected %q", chosen(s))
	}
	w.clock.Advance(11 * time.Minute)
	s = w.must(w.complete(s.ID, "tok_ok_late"))
	if s.Status != acp.ReadyForPayment || chosen(s) != "parcel: mug" || len(s.Messages) == 0 {
		t.Fatalf("%s, selected %q %v", s.Status, chosen(s), said(s))
	}
	if n, _ := w.psp.taken(); n != 0 {
		t.Fatalf("%d charges", n)
	}
	if s = w.must(w.complete(s.ID, "tok_ok_late")); s.Status != acp.Completed {
		t.Errorf("%s %v", s.Status, said(s))
	}
}

// A quote that has run out is not charged with another delivery than the one
// that the buyer saw, even if it costs the same.
func TestAnotherDeliveryIsShownBeforeItIsCharged(t *testing.T) {
	w := placesWorld(t)
	s := w.create("lamp")
	w.merchant.Methods[1].ID = "standard-2"
	w.clock.Advance(w.merchant.QuoteTTL + time.Minute)
	s = w.must(w.complete(s.ID, "tok_ok_same_price"))
	if s.Status != acp.ReadyForPayment || chosen(s) != "standard-2: lamp" || !tells(s, "The delivery has changed") {
		t.Fatalf("%s, selected %q %v", s.Status, chosen(s), said(s))
	}
	if s = w.must(w.complete(s.ID, "tok_ok_same_price")); s.Status != acp.Completed {
		t.Errorf("%s %v", s.Status, said(s))
	}
}

func group(id string, kind acp.FulfillmentType, to *acp.Address, items ...string) acp.FulfillmentGroup {
	g := acp.FulfillmentGroup{ID: id, DestinationType: kind, ItemIDs: items}
	if to != nil {
		g.FulfillmentDetails = &acp.FulfillmentDetails{Address: to}
	}
	return g
}

func grouped(groups ...acp.FulfillmentGroup) acp.UpdateRequest {
	return acp.UpdateRequest{FulfillmentGroups: acp.Some(groups)}
}

func TestGroupsArePricedAndTaxedByThemselves(t *testing.T) {
	w := placesWorld(t)
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug", "lamp", "print", "ebook"), Currency: "usd",
		FulfillmentDetails: california, FulfillmentGroups: []acp.FulfillmentGroup{group("gift", acp.FulfillmentShipping, new(inGermany()), "lamp", "ebook")}}))
	if chosen(s) != "parcel: mug, print; standard~gift: lamp; download~gift: ebook" || s.Status != acp.ReadyForPayment {
		t.Fatalf("selected %q %v", chosen(s), said(s))
	}
	if s.FulfillmentGroups[0].ItemIDs[0] != s.LineItems[1].ID {
		t.Errorf("groups %+v", s.FulfillmentGroups)
	}
	// The lamp and its delivery at 19 %, the mug and its at 8.625 %.
	if tax := amount(s.Totals, acp.TotalTax); tax != 1691+95+228+155+216+17 {
		t.Errorf("tax %d of %+v", tax, s.LineItems)
	}
	if o := option(t, s, "standard~gift"); amount(o.Totals, acp.TotalTax) != 95 || o.Title != "Standard · Test Buyer, Berlin" {
		t.Errorf("%+v", o)
	}
	s = w.update(s.ID, selectThese("express~gift: lamp", "express"))
	if chosen(s) != "express: mug, print; express~gift: lamp; download~gift: ebook" || amount(s.Totals, acp.TotalFulfillment) != 3000 {
		t.Fatalf("selected %q", chosen(s))
	}
	w.refused(w.core.Update(context.Background(), w.call("/checkout_sessions/"+s.ID), s.ID, selectThese("express: lamp")), 400, acp.CodeInvalid, "$.selected_fulfillment_options[0].item_ids[0]")

	place := group("store", acp.FulfillmentPickup, nil, "mug")
	place.LocationID = "market"
	s = w.update(s.ID, grouped(place, group("mine", acp.FulfillmentLocalDelivery, nil, "lamp", "print")))
	if chosen(s) != "market~store: mug; "+thisEvening+"~mine: lamp, print; download: ebook" || s.Status != acp.ReadyForPayment {
		t.Fatalf("selected %q %v", chosen(s), said(s))
	}
	s = w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("lamp", "ebook"))})
	if chosen(s) != thisEvening+"~mine: lamp; download: ebook" || len(s.FulfillmentGroups) != 1 || !tells(s, "nothing left to carry") {
		t.Fatalf("selected %q %v", chosen(s), said(s))
	}
	if s = w.update(s.ID, grouped()); chosen(s) != "express: lamp; download: ebook" || s.FulfillmentGroups != nil { // as chosen for what is in none
		t.Errorf("without groups, selected %q", chosen(s))
	}
}

func TestGroupsThatCannotBe(t *testing.T) {
	w := placesWorld(t)
	s := w.create("mug", "lamp", "ebook")
	place := group("a", acp.FulfillmentPickup, nil, "mug")
	place.LocationID = "express"
	for name, c := range map[string]struct {
		groups []acp.FulfillmentGroup
		param  string
	}{
		"no such line":       {[]acp.FulfillmentGroup{group("a", acp.FulfillmentShipping, nil, "mug", "vase")}, "$.fulfillment_groups[0].item_ids[1]"},
		"a line twice":       {[]acp.FulfillmentGroup{group("a", acp.FulfillmentShipping, nil, "mug"), group("b", acp.FulfillmentPickup, nil, "lamp", "mug")}, "$.fulfillment_groups[1].item_ids[1]"},
		"an id twice":        {[]acp.FulfillmentGroup{group("a", acp.FulfillmentShipping, nil, "mug"), group("a", acp.FulfillmentShipping, nil, "lamp")}, "$.fulfillment_groups[1].id"},
		"a mug as a file":    {[]acp.FulfillmentGroup{group("a", acp.FulfillmentDigital, nil, "ebook", "mug")}, "$.fulfillment_groups[0].item_ids[1]"},
		"a place that moves": {[]acp.FulfillmentGroup{place}, "$.fulfillment_groups[0].location_id"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.refused(w.core.Update(context.Background(), w.call("/checkout_sessions/"+s.ID), s.ID, grouped(c.groups...)), 400, acp.CodeInvalid, c.param)
		})
	}
	nowhere, invalid := inGermany(), inGermany()
	nowhere.Country, invalid.PostalCode = "NZ", "1"
	for _, c := range []struct {
		to          acp.Address
		kind        acp.FulfillmentType
		code, param string
	}{
		{nowhere, acp.FulfillmentShipping, acp.CodeRegionRestricted, "$.fulfillment_groups[0].fulfillment_details.address"},
		{invalid, acp.FulfillmentShipping, acp.CodeInvalid, "$.fulfillment_groups[0].fulfillment_details.address.postal_code"},
		{inGermany(), acp.FulfillmentLocalDelivery, acp.CodeRegionRestricted, "$.fulfillment_groups[0].fulfillment_details.address"},
	} {
		w.t = t
		s = w.update(s.ID, grouped(group("a", c.kind, &c.to, "mug")))
		if len(s.Messages) != 1 || s.Messages[0].Code != c.code || s.Messages[0].Param != c.param || s.Status != acp.NotReadyForPayment {
			t.Errorf("%s to %s: %s %+v", c.kind, c.to.Country, s.Status, s.Messages)
		}
	}
}

// FUL-03, FUL-06, TOT-09: whatever is asked for, in whatever order, every line is
// in one selection at most, all are before the session is ready, and the figures
// add up.
func TestAnySelectionsAddUp(t *testing.T) {
	w := placesWorld(t)
	items := []string{"mug", "lamp", "print", "ebook", "sample"}
	rapid.Check(t, func(rt *rapid.T) {
		w.clock.now = aTuesday
		some := func(of []string, label string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, len(of), rapid.ID).Draw(rt, label)
		}
		address := func() *acp.Address {
			a := *california.Address
			switch rapid.IntRange(0, 3).Draw(rt, "place") {
			case 0:
				a = inGermany()
			case 1:
				a.Country = "NZ"
			}
			return &a
		}
		s := w.createWithoutAddress(some(items, "items")...)
		for range rapid.IntRange(1, 8).Draw(rt, "requests") {
			before := s
			var req acp.UpdateRequest
			if rapid.IntRange(0, 3).Draw(rt, "moves") == 0 {
				req.FulfillmentDetails = acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Opt[acp.Address]{Set: true, Null: rapid.Bool().Draw(rt, "nowhere"), Value: *address()}})
			}
			if rapid.IntRange(0, 3).Draw(rt, "other items") == 0 {
				req.Items = acp.Some(want(some(items, "items")...))
			}
			if rapid.IntRange(0, 3).Draw(rt, "groups") == 0 {
				var groups []acp.FulfillmentGroup
				for i := range rapid.IntRange(0, 2).Draw(rt, "number of groups") {
					g := group(fmt.Sprint("g", i), rapid.SampledFrom([]acp.FulfillmentType{"shipping", "pickup", "local_delivery", "digital"}).Draw(rt, "kind"), nil, some(items, "lines")...)
					if rapid.Bool().Draw(rt, "elsewhere") {
						g.FulfillmentDetails = &acp.FulfillmentDetails{Address: address()}
					}
					groups = append(groups, g)
				}
				req.FulfillmentGroups = acp.Some(groups)
			}
			if rapid.Bool().Draw(rt, "selects") && len(s.FulfillmentOptions) > 0 {
				var sel []acp.SelectedFulfillmentOption
				for range rapid.IntRange(1, 3).Draw(rt, "selections") {
					c := acp.SelectedFulfillmentOption{OptionID: rapid.SampledFrom(s.FulfillmentOptions).Draw(rt, "option").ID}
					if rapid.Bool().Draw(rt, "named") {
						c.ItemIDs = some(items, "lines")
					}
					sel = append(sel, c)
				}
				req.Selected = acp.Some(sel)
			}
			if rapid.IntRange(0, 4).Draw(rt, "later") == 0 {
				w.clock.Advance(rapid.SampledFrom([]time.Duration{31 * time.Minute, 5 * time.Hour}).Draw(rt, "time"))
			}
			a := w.core.Update(context.Background(), w.call("/checkout_sessions/"+s.ID), s.ID, req)
			if a.Err != nil {
				if a.Status != 400 && a.Status != 409 {
					rt.Fatalf("answer %d: %v", a.Status, a.Err)
				}
				if a.Status == 409 {
					return // its time is over
				}
				if now := w.update(s.ID, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "b@example.com"})}); chosen(now) != chosen(before) {
					rt.Fatalf("a refusal changed the delivery from %q to %q", chosen(before), chosen(now))
				}
				continue
			}
			s = w.must(a)
			checkTotals(rt, s)
			checkSelections(rt, s)
		}
	})
}

func checkSelections(t *rapid.T, s *acp.Session) {
	options := map[string]acp.FulfillmentType{}
	for _, o := range s.FulfillmentOptions {
		if _, twice := options[o.ID]; twice {
			t.Fatalf("two options %s", o.ID)
		}
		options[o.ID] = o.Type
	}
	delivered := map[string]string{}
	for _, sel := range s.SelectedFulfillmentOptions {
		if kind, known := options[sel.OptionID]; !known || kind != sel.Type || len(sel.ItemIDs) == 0 {
			t.Fatalf("selection %+v of options %v", sel, options)
		}
		for _, line := range sel.ItemIDs {
			if other := delivered[line]; other != "" {
				t.Fatalf("line %s is in %s and %s", line, other, sel.OptionID)
			}
			delivered[line] = sel.OptionID
		}
	}
	grouped := map[string]bool{}
	for _, g := range s.FulfillmentGroups {
		for _, line := range g.ItemIDs {
			if grouped[line] {
				t.Fatalf("line %s is in two groups", line)
			}
			grouped[line] = true
			if on := delivered[line]; on != "" && !strings.HasSuffix(on, "~"+g.ID) {
				t.Fatalf("line %s of group %s comes by %s", line, g.ID, on)
			}
		}
	}
	if s.Status != acp.ReadyForPayment {
		return
	}
	for _, l := range s.LineItems {
		if delivered[l.ID] == "" {
			t.Fatalf("ready, and nobody delivers %s: %q", l.Item.ID, chosen(s))
		}
	}
}
