package review_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/review"
	"github.com/checkstand/checkstand/server/servertest"
)

// buyer carries the expected calls of a case out against a server, as the model
// and the payment sheet do.
type buyer struct {
	*servertest.Server
	host     *sdk.ClientSession
	returned map[string]any // structuredContent, by the tool
}

// start runs a server with an app, and makes the report on it.
func start(t *testing.T, items []catalog.Item, change func(*config.MerchantConfig)) (*buyer, *review.Report) {
	t.Helper()
	b, in := serve(t, items, change)
	return b, check(t, in)
}

// serve runs a server with an app.
func serve(t *testing.T, items []catalog.Item, change func(*config.MerchantConfig)) (*buyer, review.Input) {
	t.Helper()
	var cfg *config.Config
	s := servertest.Start(t, servertest.Options{Items: items, Configure: func(c *config.Config) {
		c.Merchants[0].App.Enabled, c.Merchants[0].App.Calls = true, 0
		if change != nil {
			change(&c.Merchants[0])
		}
		cfg = c
	}})
	in := inputOf(t, cfg, s.Store)
	host, err := sdk.NewClient(&sdk.Implementation{Name: "host", Version: "1"}, nil).Connect(t.Context(),
		&sdk.StreamableClientTransport{Endpoint: in.Listing.Endpoint, DisableStandaloneSSE: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	return &buyer{Server: s, host: host}, in
}

// carryOut makes the calls of a case, and holds what comes back to what is
// expected.
func (b *buyer) carryOut(t *testing.T, c review.Case) {
	t.Helper()
	b.returned = map[string]any{}
	for i, call := range c.Calls {
		args := b.filled(t, call.Arguments)
		result, err := b.host.CallTool(t.Context(), &sdk.CallToolParams{Name: call.Tool, Arguments: args})
		if err != nil {
			t.Fatalf("call %d, %s: %v", i, call.Tool, err)
		}
		if result.IsError {
			t.Fatalf("call %d, %s of %v: %+v", i, call.Tool, args, result.Content)
		}
		b.returned[call.Tool] = result.StructuredContent
		for _, e := range call.Expect {
			found := members(result.StructuredContent, e.Path)
			want := b.filled(t, e.Is)
			switch {
			case e.Present && len(found) > 0 && found[0] != "":
			case e.Above != nil && slices.ContainsFunc(found, func(v any) bool { n, ok := v.(float64); return ok && n > float64(*e.Above) }):
			case !e.Present && e.Above == nil && slices.ContainsFunc(found, func(v any) bool { return fmt.Sprint(v) == fmt.Sprint(want) }):
			default:
				t.Errorf("call %d, %s: %s is %v, expected %v\n%v", i, call.Tool, e.Path, found, e, result.StructuredContent)
			}
		}
	}
}

// members are what a path leads to.
func members(v any, path string) []any {
	if path == "" {
		return []any{v}
	}
	name, rest, _ := strings.Cut(path, ".")
	var found []any
	switch v := v.(type) {
	case map[string]any:
		if m, ok := v[name]; ok {
			found = members(m, rest)
		}
	case []any:
		for i, m := range v {
			if name == "*" || name == strconv.Itoa(i) {
				found = append(found, members(m, rest)...)
			}
		}
	}
	return found
}

var placeholder = regexp.MustCompile(`^\{\{(\w+)\.([\w.]+)\}\}$`)

// filled puts what earlier calls returned in the place of what stands for it.
func (b *buyer) filled(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case string:
		m := placeholder.FindStringSubmatch(v)
		switch {
		case m == nil:
			return v
		case m[1] == "sheet":
			return b.token(t)
		}
		if found := members(b.returned[m[1]], m[2]); len(found) == 1 {
			return found[0]
		}
		t.Fatalf("nothing returned stands for %s", v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, m := range v {
			out[name] = b.filled(t, m)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = b.filled(t, m)
		}
		return out
	}
	return v
}

// token has the payment provider make a token for the session as the sheet
// would.
func (b *buyer) token(t *testing.T) string {
	t.Helper()
	raw, err := json.Marshal(b.returned["update_checkout_session"])
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		ID       string `json:"id"`
		Currency string `json:"currency"`
		Provider struct {
			MerchantID string `json:"merchant_id"`
		} `json:"payment_provider"`
		Totals []struct {
			Type   string `json:"type"`
			Amount int64  `json:"amount"`
		} `json:"totals"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	token, err := b.PSP.Mint(t.Context(), &client.Session{ID: s.ID, Currency: strings.ToLower(s.Currency), Total: s.Totals[len(s.Totals)-1].Amount,
		Handlers: []client.Handler{{ID: "card_tokenized", PSP: b.Account().Provider, MerchantID: s.Provider.MerchantID}}}, servertest.CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Every test case is true: its calls, made one after the other, return what it
// says, for the demo shop's catalogue and others, and however buyers pay.
func TestCasesAreTrue(t *testing.T) {
	for name, c := range map[string]struct {
		items  []catalog.Item
		change func(*config.MerchantConfig)
		cases  int
	}{
		"demo shop":     {demoGoods(t), nil, 9},
		"no sheet":      {demoGoods(t), func(m *config.MerchantConfig) { m.App.PaymentSheet = false }, 8},
		"no page":       {demoGoods(t), func(m *config.MerchantConfig) { m.Checkout.Enabled = false }, 8},
		"one way":       {demoGoods(t), func(m *config.MerchantConfig) { m.Shipping = m.Shipping[:1] }, 9},
		"no delivery":   {demoGoods(t), func(m *config.MerchantConfig) { m.Shipping = nil }, 6},
		"single pieces": {[]catalog.Item{item("clock", "Wall Clock", single)}, nil, 8},
		"odd names":     {[]catalog.Item{item("a/b c", `Uhr "Größe" <b>50 %</b> 時計`)}, nil, 9},
		"a code":        {demoGoods(t), discounted(code("WELCOME")), 11},
		"an amount":     {[]catalog.Item{item("clock", "Wall Clock")}, discounted(code("FIVE", amount, forClocks)), 11},
		"a trap":        {demoGoods(t), discounted(code("NoSuchCode")), 11},
		"no usable code": {demoGoods(t), discounted(code("ONCE", func(d *config.DiscountConfig) { d.MaxUses = 1 }), code("GOLD", func(d *config.DiscountConfig) { d.Tiers = []string{"gold"} }),
			code("LATER", func(d *config.DiscountConfig) { d.Starts = "2099-01-01T00:00:00Z" }), code("CLOCKS", forClocks)), 10},
		"an automatic one": {demoGoods(t), discounted(code("WELCOME"), code("")), 10},
	} {
		t.Run(name, func(t *testing.T) {
			b, r := start(t, c.items, c.change)
			if len(r.Cases) != c.cases {
				t.Errorf("%d cases, want %d", len(r.Cases), c.cases)
			}
			for _, one := range r.Cases {
				t.Run(one.ID, func(t *testing.T) { b.carryOut(t, one) })
			}
		})
	}
}

// discounted is a shop with discounts.
func discounted(list ...config.DiscountConfig) func(*config.MerchantConfig) {
	return func(m *config.MerchantConfig) { m.Discounts = list }
}

// code is a discount of ten percent by a code.
func code(code string, change ...func(*config.DiscountConfig)) config.DiscountConfig {
	d := config.DiscountConfig{ID: "discount-" + strings.ToLower(code), Name: "Discount " + code, Code: code, Kind: "percent", Percent: "10", Priority: 1}
	for _, f := range change {
		f(&d)
	}
	return d
}

func amount(d *config.DiscountConfig)    { d.Kind, d.Percent, d.Amount = "amount", "", "5.00" }
func forClocks(d *config.DiscountConfig) { d.Items = []string{"clock"} }

// An expectation that does not hold is noticed: the runner of these tests can
// fail.
func TestMembers(t *testing.T) {
	v := map[string]any{"lines": []any{map[string]any{"id": "a", "n": 1.0}, map[string]any{"id": "b"}}}
	for path, want := range map[string]string{"lines.0.id": "[a]", "lines.*.id": "[a b]", "lines.2.id": "[]", "lines.0.n": "[1]", "other": "[]", "lines.0.id.x": "[]"} {
		if got := fmt.Sprint(members(v, path)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// Wherever the goods go: every place that the cases know is taken by the
// checkout.
func TestPlacesAreTaken(t *testing.T) {
	b, in := serve(t, []catalog.Item{item("clock", "Wall Clock")}, func(m *config.MerchantConfig) {
		for i := range m.Shipping {
			m.Shipping[i].Countries = nil
		}
	})
	for _, country := range []string{"US", "DE", "AT", "CH", "FR", "GB", "IE", "NL", "BE", "IT", "ES", "PT", "DK", "SE", "NO", "FI", "PL", "CZ", "CA", "AU", "NZ", "JP", "IS"} {
		t.Run(country, func(t *testing.T) {
			in.Config.Merchants[0].Country = country
			r := check(t, in)
			i := slices.IndexFunc(r.Cases, func(c review.Case) bool { return c.ID == "delivery" })
			if i < 0 || !strings.Contains(r.Cases[i].Prompt, ", "+country+",") {
				t.Fatalf("not delivered to %s: %+v", country, r.Cases)
			}
			b.carryOut(t, r.Cases[i])
		})
	}
}
