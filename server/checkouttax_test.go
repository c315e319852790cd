package server_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// totalsOf are the figures of a page with what is said on them, a line each.
func totalsOf(t *testing.T, a screen) string {
	t.Helper()
	list := regexp.MustCompile(`(?s)<dl class="totals">(.*?)</dl>`).FindStringSubmatch(a.text)
	if list == nil {
		t.Fatalf("%d, and no totals:\n%s", a.status, a.text)
	}
	var rows []string
	for row := range strings.SplitSeq(list[1], "</div>") {
		words := strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(row, " ")))
		if len(words) > 0 {
			rows = append(rows, strings.Join(words, " "))
		}
	}
	return strings.Join(rows, "\n")
}

// A shop that shows its prices with their tax in them says so on every page,
// and how much it is, rather than that there is none.
func TestPagesOfPricesWithTaxSaySo(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) {
		cfg.Merchants[0].Tax = config.TaxConfig{PricesIncludeTax: true, ShowGross: true, Rounding: "half_up", Rates: []config.RateConfig{{Country: "US", Percent: "7.25"}}}
	}})
	agent := shop.Agent(t)
	wants := func(page string, got screen, want string) {
		t.Helper()
		if figures := totalsOf(t, got); figures != want {
			t.Errorf("%s:\n%s\nwant\n%s", page, figures, want)
		}
	}
	const soFar = "Subtotal $18.00\nTotal $18.00 The prices include $1.22 of tax."
	const all = "Subtotal $18.00\nDelivery $5.90\nTotal $23.90 The prices include $1.62 of tax."
	b := newBuyer(t)
	wants("cart", b.send(http.MethodGet, newCart(t, agent, servertest.Mug).ContinueURL, nil), soFar)

	s, err := agent.Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	b.take(linkOf(t, s))
	wants("no address", b.wants("Checkout"), soFar)
	b.post("details", "email", "buyer@example.com", "name", "Test Buyer", "country", "US", "line_one", "1 Example Street",
		"city", "San Francisco", "state", "CA", "postal_code", "94105")
	b.post("delivery", "delivery", "standard")
	wants("address", b.wants("Review and pay"), all)
	b.send(http.MethodGet, b.atSandbox(b.pay(), "4242424242424242"), nil)
	wants("thanks", b.becomes("Thank you"), all)
	o, err := shop.Store.OrderOfSession(t.Context(), servertest.MerchantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	wants("order", b.send(http.MethodGet, shop.BaseURL+"/orders/"+o.ID, nil), all)
}

// What discounts are taken off stands above them.
func TestPagesShowWhatDiscountsAreTakenOff(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{{ID: "spring", Name: "Spring", Kind: "percent", Percent: "10", Priority: 100}}})
	page := newBuyer(t).send(http.MethodGet, newCart(t, shop.Agent(t), servertest.Mug).ContinueURL, nil)
	if got, want := totalsOf(t, page), "Items $18.00\nItem discounts -$1.80\nSubtotal $16.20\nTotal $16.20"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Before there is an address, a page says what is missing in its total: delivery,
// and tax only where the prices do not have it in them.
func TestPagesSayWhatTheTotalLacks(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]struct {
		tax     config.TaxConfig
		figures string
		lacks   string
	}{
		"tax on top":  {config.TaxConfig{}, "Subtotal $18.00\nTotal $18.00", "Delivery and tax are added once the address is known."},
		"tax split":   {config.TaxConfig{PricesIncludeTax: true}, "Subtotal $16.78\nTax $1.22\nTotal $18.00", "Delivery is added once the address is known."},
		"shown gross": {config.TaxConfig{PricesIncludeTax: true, ShowGross: true}, "Subtotal $18.00\nTotal $18.00 The prices include $1.22 of tax.", "Delivery is added once the address is known."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is.tax.Rounding, is.tax.Rates = "half_up", []config.RateConfig{{Country: "US", Percent: "7.25"}}
			shop := servertest.Start(t, servertest.Options{Configure: func(cfg *config.Config) { cfg.Merchants[0].Tax = is.tax }})
			agent := shop.Agent(t)
			s, err := agent.Create(t.Context(), acp.CreateRequest{Currency: servertest.Currency, Items: []acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			b := newBuyer(t)
			b.take(linkOf(t, s))
			for page, got := range map[string]screen{"checkout": b.wants("Checkout"), "cart": b.send(http.MethodGet, newCart(t, agent, servertest.Mug).ContinueURL, nil)} {
				if figures := totalsOf(t, got); figures != is.figures {
					t.Errorf("%s:\n%s\nwant\n%s", page, figures, is.figures)
				}
				if !strings.Contains(got.text, `<p class="meta">`+is.lacks+`</p>`) {
					t.Errorf("the page of the %s does not say %q", page, is.lacks)
				}
			}
		})
	}
}
