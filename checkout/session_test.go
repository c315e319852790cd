package checkout_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
)

func total(s *acp.Session, t acp.TotalType) int64 {
	n, ok := acp.Amount(s.Totals, t)
	if !ok {
		return -1
	}
	return n
}

// said lists the codes of a session's messages, "type:code@param".
func said(s *acp.Session) []string {
	var out []string
	for _, m := range s.Messages {
		out = append(out, string(m.Type)+":"+m.Code+"@"+m.Param)
	}
	return out
}

func TestWithoutAddressASessionIsOpenAndSaysWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug"), Currency: "usd"}))
	if s.Status != acp.NotReadyForPayment || len(s.FulfillmentOptions) != 0 {
		t.Fatalf("status %s with %d options", s.Status, len(s.FulfillmentOptions))
	}
	if got := said(s); !slices.Contains(got, "error:missing@$.fulfillment_details.address") {
		t.Fatal(got)
	}
	if total(s, acp.TotalTotal) != 1800 {
		t.Fatalf("total %d", total(s, acp.TotalTotal))
	}
}

func TestAnAddressBringsOptionsTaxAndTheCheapestPreselected(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	if s.Status != acp.ReadyForPayment || len(s.FulfillmentOptions) != 2 {
		t.Fatalf("status %s with %d options: %v", s.Status, len(s.FulfillmentOptions), said(s))
	}
	if sel := s.SelectedFulfillmentOptions; len(sel) != 1 || sel[0].OptionID != "standard" || !slices.Equal(sel[0].ItemIDs, []string{s.LineItems[0].ID}) {
		t.Fatalf("selected %+v", sel)
	}
	// 18.00 + 5.00 delivery, and 8.625 % of each: 1.55 + 0.43 (no delivery tax class differs).
	if sub, ful, tax, tot := total(s, acp.TotalSubtotal), total(s, acp.TotalFulfillment), total(s, acp.TotalTax), total(s, acp.TotalTotal); sub != 1800 || ful != 500 || tax != 155+43 || tot != sub+ful+tax {
		t.Fatalf("subtotal %d, delivery %d, tax %d, total %d", sub, ful, tax, tot)
	}
	if s.QuoteID == "" || !s.QuoteExpiresAt.After(w.clock.Now()) {
		t.Fatal("a session that is ready has a quote")
	}
}

func TestTheAgentsChoiceOfDeliverySurvivesUnlessItIsGone(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	s = w.update(s.ID, acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{OptionID: "express", ItemIDs: []string{"mug"}}})})
	if total(s, acp.TotalFulfillment) != 1500 {
		t.Fatal("express was not taken")
	}
	s = w.update(s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: "mug", Quantity: 2}})})
	if total(s, acp.TotalFulfillment) != 1500 {
		t.Fatal("the choice was lost by another quantity")
	}
	w.merchant.Methods = w.merchant.Methods[1:]
	s = w.update(s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: "mug", Quantity: 3}})})
	if total(s, acp.TotalFulfillment) != 500 || !slices.Contains(said(s), "info:@$.selected_fulfillment_options") {
		t.Fatalf("delivery %d, messages %v", total(s, acp.TotalFulfillment), said(s))
	}
}

func TestSelectionsAreChecked(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug", "ebook")
	for name, c := range map[string]struct {
		sel   []acp.SelectedFulfillmentOption
		code  string
		param string
	}{
		"an option that is not offered": {[]acp.SelectedFulfillmentOption{{OptionID: "nope"}}, acp.CodeInvalid, "$.selected_fulfillment_options[0].option_id"},
		"a line that is not there":      {[]acp.SelectedFulfillmentOption{{OptionID: "express", ItemIDs: []string{"x"}}}, acp.CodeInvalid, "$.selected_fulfillment_options[0].item_ids[0]"},
		"a line twice": {[]acp.SelectedFulfillmentOption{{OptionID: "express", ItemIDs: []string{"mug"}}, {OptionID: "download", ItemIDs: []string{"mug"}}},
			acp.CodeInvalid, "$.selected_fulfillment_options[1].item_ids[0]"},
		"two parcels": {[]acp.SelectedFulfillmentOption{{OptionID: "express"}, {OptionID: "standard"}}, acp.CodeUnsupported, "$.selected_fulfillment_options[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := w.core.Update(context.Background(), w.call("/checkout_sessions/"+s.ID), s.ID, acp.UpdateRequest{Selected: acp.Some(c.sel)})
			w.refused(a, 400, c.code, c.param)
			after, err := w.core.Get(context.Background(), agent, s.ID)
			if err != nil || total(&after.Session, acp.TotalTotal) != total(s, acp.TotalTotal) {
				t.Fatal("a refused selection changed the session", err)
			}
		})
	}
}

func TestDigitalGoodsNeedNoAddress(t *testing.T) {
	w := newWorld(t)
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("ebook"), Currency: "usd"}))
	if s.Status != acp.ReadyForPayment || s.SelectedFulfillmentOptions[0].Type != acp.FulfillmentDigital {
		t.Fatalf("%s %+v %v", s.Status, s.SelectedFulfillmentOptions, said(s))
	}
	mixed := w.create("ebook", "mug")
	if len(mixed.SelectedFulfillmentOptions) != 2 {
		t.Fatalf("a mixed cart is delivered both ways: %+v", mixed.SelectedFulfillmentOptions)
	}
}

func TestStockSpeaksThroughMessages(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		item     string
		quantity int64
		message  string
		status   acp.Status
	}{
		"plenty":    {"mug", 1, "", acp.ReadyForPayment},
		"uncounted": {"print", 500, "", acp.ReadyForPayment},
		"few left":  {"lamp", 3, "warning:low_stock@$.line_items[0]", acp.ReadyForPayment},
		"too many":  {"lamp", 4, "error:low_stock@$.line_items[0]", acp.NotReadyForPayment},
		"none":      {"vase", 1, "error:out_of_stock@$.line_items[0]", acp.NotReadyForPayment},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{
				Items: []acp.RequestedItem{{ID: c.item, Quantity: c.quantity}}, Currency: "usd", FulfillmentDetails: california}))
			if s.Status != c.status || strings.Join(said(s), " ") != c.message {
				t.Fatalf("%s %v; want %s %q", s.Status, said(s), c.status, c.message)
			}
		})
	}
}

func TestAnAddressThatCannotBeServedBlocks(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ country, state, postal, message string }{
		"not a country":    {"ZZ", "", "1", "error:invalid@$.fulfillment_details.address.country"},
		"one of habit":     {"UK", "", "N1 9GU", "error:invalid@$.fulfillment_details.address.country"},
		"one of the past":  {"SU", "", "1", "error:invalid@$.fulfillment_details.address.country"},
		"a wrong postcode": {"US", "CA", "ABC", "error:invalid@$.fulfillment_details.address.postal_code"},
		"a wrong state":    {"US", "Bavaria", "94105", "error:invalid@$.fulfillment_details.address.state"},
		"too far away":     {"NZ", "WGN", "6011", "error:region_restricted@$.fulfillment_details.address"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := *california.Address
			a.Country, a.State, a.PostalCode = c.country, c.state, c.postal
			s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{
				Items: want("mug"), Currency: "usd", FulfillmentDetails: &acp.FulfillmentDetails{Address: &a}}))
			if s.Status != acp.NotReadyForPayment || !slices.Contains(said(s), c.message) {
				t.Fatalf("%s %v", s.Status, said(s))
			}
		})
	}
}

// Who has left out two parts of an address hears of both, not of one after the
// other.
func TestAllThatIsWrongWithAnAddressIsSaidAtOnce(t *testing.T) {
	w := newWorld(t)
	a := *california.Address
	a.State, a.PostalCode = "", ""
	s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{
		Items: want("mug"), Currency: "usd", FulfillmentDetails: &acp.FulfillmentDetails{Address: &a}}))
	for _, part := range []string{"postal_code", "state"} {
		if !slices.Contains(said(s), "error:invalid@$.fulfillment_details.address."+part) {
			t.Errorf("nothing is said of the %s: %v", part, said(s))
		}
	}
}

func TestAStateMayBeWrittenOut(t *testing.T) {
	w := newWorld(t)
	for _, state := range []string{"CA", "ca", "US-CA", "California", " california "} {
		a := *california.Address
		a.State = state
		s := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{
			Items: want("mug"), Currency: "usd", FulfillmentDetails: &acp.FulfillmentDetails{Address: &a}}))
		if total(s, acp.TotalTax) != 155+43 {
			t.Errorf("state %q: tax %d", state, total(s, acp.TotalTax))
		}
	}
}

func TestAPriceThatMovesIsTold(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	dearer := goods[0]
	dearer.Price = 2000
	w.stock(dearer)
	t.Run("an update that does not touch the goods keeps the quote", func(t *testing.T) {
		got := w.update(s.ID, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "test.buyer@example.com"})})
		if total(got, acp.TotalTotal) != total(s, acp.TotalTotal) || got.QuoteID != s.QuoteID {
			t.Fatal("the quote moved")
		}
	})
	t.Run("one that does shows the new price and says so", func(t *testing.T) {
		got := w.update(s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: "mug", Quantity: 2}})})
		if total(got, acp.TotalItemsBaseAmount) != 4000 || !slices.Contains(said(got), "warning:price_change@$.line_items[0]") {
			t.Fatal(total(got, acp.TotalItemsBaseAmount), said(got))
		}
		if got.LineItems[0].ID != s.LineItems[0].ID {
			t.Fatal("the line got another id")
		}
	})
	t.Run("an agent's own idea of a price is corrected", func(t *testing.T) {
		got := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Currency: "usd", FulfillmentDetails: california,
			Items: []acp.RequestedItem{{ID: "mug", Quantity: 1, UnitAmount: 1, HasUnitAmount: true}}}))
		if !slices.Contains(said(got), "warning:price_change@$.line_items[0]") {
			t.Fatal(said(got))
		}
	})
}

func TestUpdatesKeepWhatTheyDoNotName(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	s = w.update(s.ID, acp.UpdateRequest{
		Buyer:              acp.Some(acp.Buyer{Email: "test.buyer@example.com"}),
		FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{PhoneNumber: acp.Some("+14155550100")}),
	})
	if s.FulfillmentDetails.Address == nil || s.FulfillmentDetails.PhoneNumber == "" || s.Buyer == nil {
		t.Fatalf("%+v %+v", s.FulfillmentDetails, s.Buyer)
	}
	s = w.update(s.ID, acp.UpdateRequest{FulfillmentDetails: acp.Opt[acp.FulfillmentDetailsPatch]{Set: true, Null: true}})
	if s.FulfillmentDetails != nil || s.Status != acp.NotReadyForPayment || s.Buyer == nil {
		t.Fatalf("null clears the details and nothing else: %+v %s", s.FulfillmentDetails, s.Status)
	}
}

func TestWhatAShopDoesNotSellIsRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.refused(w.core.Create(ctx, w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug", "unicorn"), Currency: "usd"}), 400, "invalid", "$.line_items[1].id")
	w.refused(w.core.Create(ctx, w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug"), Currency: "eur"}), 400, "invalid", "$.currency")
	w.refused(w.core.Create(ctx, w.call("/checkout_sessions"), acp.CreateRequest{Items: want("euro"), Currency: "usd"}), 400, "invalid", "$.line_items[0].id")
	w.refused(w.core.Create(ctx, w.call("/checkout_sessions"), acp.CreateRequest{Currency: "usd",
		Items: []acp.RequestedItem{{ID: "print", Quantity: acp.MaxQuantity}, {ID: "mug", Quantity: 1 << 50}}}), 400, "invalid", "$.line_items")
}

func TestStrangersSeeNothing(t *testing.T) {
	w := newWorld(t)
	w.merchant.Live = w.merchant.Test
	s := w.create("mug")
	for name, change := range map[string]func(c *checkout.Caller){
		"merchant": func(c *checkout.Caller) { c.MerchantID = "other" },
		"mode":     func(c *checkout.Caller) { c.Live = true },
		"agent":    func(c *checkout.Caller) { c.Agent = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			who := agent
			change(&who)
			if who.CredentialID = "key_2"; who == agent {
				t.Fatal("no stranger")
			}
			if _, err := w.core.Get(context.Background(), who, s.ID); acp.AsError(err).Status != 404 {
				t.Fatal(err)
			}
			c := w.call("/checkout_sessions/" + s.ID)
			c.Caller = who
			w.refused(w.core.Update(context.Background(), c, s.ID, acp.UpdateRequest{}), 404, "not_found", "")
			c = w.call("/checkout_sessions/" + s.ID + "/complete")
			c.Caller = who
			w.refused(w.core.Complete(context.Background(), c, s.ID, pay("tok_ok")), 404, "not_found", "")
		})
	}
}

func TestASessionExpires(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	w.clock.Advance(w.merchant.SessionTTL)
	got, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil || got.Status != acp.Expired {
		t.Fatal(got.Status, err)
	}
	w.refused(w.complete(s.ID, "tok_ok"), 409, "conflict", "")
	if n, _ := w.psp.taken(); n != 0 {
		t.Fatal("charged")
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	ctx := context.Background()
	first := w.callWithKey("/checkout_sessions/"+s.ID+"/cancel", "once")
	if got := w.must(w.core.Cancel(ctx, first, s.ID, acp.CancelRequest{})); got.Status != acp.Canceled {
		t.Fatal(got.Status)
	}
	if again := w.core.Cancel(ctx, first, s.ID, acp.CancelRequest{}); !again.Replayed || again.Status != 200 {
		t.Fatal("the same cancel again is the same answer again")
	}
	w.refused(w.core.Cancel(ctx, w.call("/checkout_sessions/"+s.ID+"/cancel"), s.ID, acp.CancelRequest{}), 405, "conflict", "")
	w.refused(w.core.Update(ctx, w.call("/checkout_sessions/"+s.ID), s.ID, acp.UpdateRequest{}), 409, "conflict", "")
	w.refused(w.complete(s.ID, "tok_ok"), 409, "conflict", "")
}

func TestAnItemThatLeavesTheCatalogueIsShownAsSoldOut(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug", "print")
	gone := goods[3]
	gone.Availability = catalog.Discontinued
	w.stock(gone)
	got := w.must(w.complete(s.ID, "tok_ok"))
	if got.Status != acp.NotReadyForPayment || !slices.Contains(said(got), "error:out_of_stock@$.line_items[1]") {
		t.Fatal(got.Status, said(got))
	}
	got = w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("mug"))})
	if got.Status != acp.ReadyForPayment {
		t.Fatal(got.Status, said(got))
	}
}

func TestAQuoteIsBindingForItsTimeOnly(t *testing.T) {
	dearer := goods[0]
	dearer.Price = 2000
	t.Run("charged as shown", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("mug")
		w.stock(dearer)
		got := w.must(w.complete(s.ID, "tok_ok"))
		if _, taken := w.psp.taken(); got.Status != acp.Completed || taken != total(s, acp.TotalTotal) {
			t.Fatal(got.Status, taken)
		}
	})
	t.Run("shown anew, not charged", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("mug")
		w.stock(dearer)
		w.clock.Advance(w.merchant.QuoteTTL + time.Second)
		got := w.must(w.complete(s.ID, "tok_ok"))
		if n, _ := w.psp.taken(); n != 0 || got.Status != acp.ReadyForPayment || !slices.Contains(said(got), "warning:price_change@$.line_items[0]") {
			t.Fatal(n, got.Status, said(got))
		}
		if got = w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed {
			t.Fatal(got.Status, said(got))
		}
	})
}
