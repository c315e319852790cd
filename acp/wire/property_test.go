package wire_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/money"
)

// Any session and order of the model is valid in every version, once encoded.
func TestRandomSessionsAreValidInEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, c wire.Codec) {
		plain := acptest.Schema(t, c.Version(), "CheckoutSession")
		ordered := acptest.Schema(t, c.Version(), "CheckoutSessionWithOrder")
		events := acptest.Schema(t, c.Version(), "WebhookEvent")
		rapid.Check(t, func(rt *rapid.T) {
			s := session().Draw(rt, "session")
			b, err := c.AppendSession(nil, s, wire.SessionView{Provider: rapid.SampledFrom([]string{"", "stripe", "adyen", "sandbox"}).Draw(rt, "provider")})
			if err != nil {
				rt.Fatal(err)
			}
			schema := plain
			if s.Order != nil {
				schema = ordered
			}
			if err := schema.Validate(b); err != nil {
				rt.Fatalf("%v\n%s", err, b)
			}
			o := order().Draw(rt, "order")
			if b, err = c.AppendOrderEvent(nil, wire.OrderUpdated, o); err != nil {
				rt.Fatal(err)
			}
			if err := events.Validate(b); err != nil {
				rt.Fatalf("%v\n%s", err, b)
			}
		})
	})
}

var (
	text   = rapid.String()
	amount = rapid.Int64Range(0, money.Max)
	moment = rapid.Map(rapid.Int64Range(0, 4e9), func(n int64) time.Time { return time.Unix(n, 0) })
	email  = rapid.Map(rapid.StringMatching(`[a-z]{1,9}`), func(s string) string { return s + "@example.com" })
	url    = rapid.Map(rapid.StringMatching(`[a-z0-9]{0,9}`), func(s string) string { return "https://shop.example.com/" + s })
)

// maybe is a pointer to what g gives, or nil.
func maybe[T any](g *rapid.Generator[T]) *rapid.Generator[*T] { return rapid.Ptr(g, true) }

func draw[T any](f func(t *rapid.T) T) *rapid.Generator[T] { return rapid.Custom(f) }

func totals(kinds ...acp.TotalType) *rapid.Generator[[]acp.Total] {
	return draw(func(t *rapid.T) []acp.Total {
		var list []acp.Total
		for _, k := range kinds {
			if rapid.Bool().Draw(t, string(k)) {
				list = append(list, acp.Total{Type: k, DisplayText: text.Draw(t, "display"), Amount: amount.Draw(t, "amount"), Description: text.Draw(t, "description")})
			}
		}
		return list
	})
}

func session() *rapid.Generator[*acp.Session] {
	all := []acp.TotalType{acp.TotalItemsBaseAmount, acp.TotalItemsDiscount, acp.TotalSubtotal, acp.TotalDiscount, acp.TotalFulfillment,
		acp.TotalTax, acp.TotalFee, acp.TotalGiftWrap, acp.TotalTip, acp.TotalStoreCredit, acp.TotalTotal, acp.TotalAmountRefunded}
	lineTotals := totals(acp.TotalItemsBaseAmount, acp.TotalItemsDiscount, acp.TotalSubtotal, acp.TotalTax, acp.TotalTotal)
	postal := draw(func(t *rapid.T) acp.Address {
		return acp.Address{Name: text.Draw(t, "name"), LineOne: text.Draw(t, "one"), LineTwo: text.Draw(t, "two"), City: text.Draw(t, "city"),
			State: text.Draw(t, "state"), Country: rapid.StringMatching(`[A-Z]{2}`).Draw(t, "country"),
			PostalCode: rapid.StringN(0, acp.MaxPostalCode, -1).Draw(t, "postal"), Company: text.Draw(t, "company")}
	})
	buyer := draw(func(t *rapid.T) acp.Buyer {
		return acp.Buyer{FirstName: text.Draw(t, "first"), LastName: text.Draw(t, "last"), FullName: text.Draw(t, "full"),
			Email: email.Draw(t, "email"), PhoneNumber: text.Draw(t, "phone"), AccountType: rapid.SampledFrom([]string{"", "guest", "odd"}).Draw(t, "account")}
	})
	details := draw(func(t *rapid.T) acp.FulfillmentDetails {
		return acp.FulfillmentDetails{Name: text.Draw(t, "name"), PhoneNumber: text.Draw(t, "phone"), Address: maybe(postal).Draw(t, "address")}
	})
	line := draw(func(t *rapid.T) acp.LineItem {
		quantity := rapid.Int64Range(1, acp.MaxQuantity).Draw(t, "quantity")
		return acp.LineItem{ID: text.Draw(t, "id"), Item: acp.ItemRef{ID: text.Draw(t, "item")}, Quantity: quantity,
			Name: text.Draw(t, "name"), UnitAmount: maybe(rapid.Int64Range(0, 1e15/quantity)).Draw(t, "unit"), Images: rapid.SliceOfN(url, 0, 2).Draw(t, "images"),
			AvailabilityStatus: rapid.SampledFrom([]string{"", "in_stock", "odd"}).Draw(t, "availability"), Totals: lineTotals.Draw(t, "totals")}
	})
	kinds := rapid.SampledFrom([]acp.FulfillmentType{acp.FulfillmentShipping, acp.FulfillmentDigital, acp.FulfillmentPickup, acp.FulfillmentLocalDelivery})
	option := draw(func(t *rapid.T) acp.FulfillmentOption {
		o := acp.FulfillmentOption{Type: kinds.Draw(t, "type"), ID: text.Draw(t, "id"), Title: text.Draw(t, "title"), Description: text.Draw(t, "description"),
			Carrier: text.Draw(t, "carrier"), Totals: totals(acp.TotalFulfillment, acp.TotalTax, acp.TotalTotal).Draw(t, "totals"),
			Location: &acp.PickupLocation{Name: text.Draw(t, "location"), Address: postal.Draw(t, "at")}}
		if rapid.Bool().Draw(t, "earliest?") {
			o.EarliestDeliveryTime = moment.Draw(t, "earliest")
		}
		if rapid.Bool().Draw(t, "latest?") {
			o.LatestDeliveryTime = moment.Draw(t, "latest")
		}
		return o
	})
	selection := draw(func(t *rapid.T) acp.SelectedFulfillmentOption {
		return acp.SelectedFulfillmentOption{Type: kinds.Draw(t, "type"), OptionID: text.Draw(t, "option"), ItemIDs: rapid.SliceOfN(text, 0, 2).Draw(t, "ids")}
	})
	message := draw(func(t *rapid.T) acp.Message {
		return acp.Message{Type: rapid.SampledFrom([]acp.MessageType{acp.Info, acp.Warning, acp.ErrorMessage}).Draw(t, "type"),
			Code:     rapid.SampledFrom([]string{"", acp.CodeMissing, acp.CodeLowStock, acp.CodePriceChange, acp.CodeExpired, acp.DiscountInvalid, "odd"}).Draw(t, "code"),
			Param:    rapid.SampledFrom([]string{"", "$.line_items[0]", "$.payment_data.handler_id"}).Draw(t, "param"),
			Severity: rapid.SampledFrom([]string{"", "low", "odd"}).Draw(t, "severity"), Resolution: rapid.SampledFrom([]string{"", acp.Recoverable, "odd"}).Draw(t, "resolution"),
			ContentType: rapid.SampledFrom([]string{"", "plain", "markdown", "html"}).Draw(t, "content type"), Content: text.Draw(t, "content")}
	})
	link := draw(func(t *rapid.T) acp.Link {
		return acp.Link{Type: rapid.SampledFrom([]string{"terms_of_use", "return_policy", "shipping_policy", "faq", "odd"}).Draw(t, "type"), URL: url.Draw(t, "url"), Title: text.Draw(t, "title")}
	})
	return draw(func(t *rapid.T) *acp.Session {
		s := &acp.Session{
			ID: text.Draw(t, "id"), Currency: rapid.StringMatching(`[a-z]{3}`).Draw(t, "currency"),
			Status: rapid.SampledFrom([]acp.Status{acp.Incomplete, acp.NotReadyForPayment, acp.RequiresEscalation, acp.AuthenticationRequired,
				acp.ReadyForPayment, acp.PendingApproval, acp.CompleteInProgress, acp.Canceled, acp.InProgress, acp.Expired}).Draw(t, "status"),
			Buyer: maybe(buyer).Draw(t, "buyer"), LineItems: rapid.SliceOfN(line, 0, 3).Draw(t, "lines"),
			FulfillmentDetails: maybe(details).Draw(t, "details"), FulfillmentOptions: rapid.SliceOfN(option, 0, 3).Draw(t, "options"),
			SelectedFulfillmentOptions: rapid.SliceOfN(selection, 0, 2).Draw(t, "selected"), Totals: totals(all...).Draw(t, "totals"),
			Messages: rapid.SliceOfN(message, 0, 3).Draw(t, "messages"), Links: rapid.SliceOfN(link, 0, 4).Draw(t, "links"),
			CreatedAt: moment.Draw(t, "created"), Locale: text.Draw(t, "locale"),
			Metadata: rapid.Map(rapid.MapOfN(text, text, 0, 2), func(m map[string]string) map[string]any {
				out := make(map[string]any)
				for k, v := range m {
					out[k] = v
				}
				return out
			}).Draw(t, "metadata"),
		}
		if rapid.Bool().Draw(t, "completed") {
			// A completed session has a buyer with a name or an address with one.
			s.Status, s.Buyer = acp.Completed, &acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "buyer@example.com"}
			s.Order = &acp.OrderRef{ID: text.Draw(t, "order"), CheckoutSessionID: s.ID, PermalinkURL: url.Draw(t, "permalink"), Status: text.Draw(t, "order status")}
		}
		return s
	})
}

func order() *rapid.Generator[*acp.Order] {
	return draw(func(t *rapid.T) *acp.Order {
		o := &acp.Order{ID: text.Draw(t, "id"), CheckoutSessionID: text.Draw(t, "session"), PermalinkURL: url.Draw(t, "permalink"), Status: text.Draw(t, "status")}
		for i := range rapid.IntRange(0, 3).Draw(t, "lines") {
			ordered := rapid.Int64Range(1, 9).Draw(t, "ordered")
			o.LineItems = append(o.LineItems, acp.OrderLineItem{ID: fmt.Sprint(i), Title: text.Draw(t, "title"), Quantity: acp.OrderQuantity{Ordered: ordered, Current: ordered}})
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "adjustments") {
			o.Adjustments = append(o.Adjustments, acp.Adjustment{ID: fmt.Sprint(i), OccurredAt: moment.Draw(t, "at"), Amount: maybe(amount).Draw(t, "amount"), Currency: "usd",
				Type:   rapid.SampledFrom([]string{"refund", "credit", "dispute", "odd"}).Draw(t, "type"),
				Status: rapid.SampledFrom([]string{"pending", "completed"}).Draw(t, "status")})
		}
		return o
	})
}
