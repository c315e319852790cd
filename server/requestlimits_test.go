package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/store"
)

// How many lines a session or a cart has, and how many units of one item, is
// the configuration's to say, whichever way it is asked.
func TestLinesAndUnitsAreLimitedAsConfigured(t *testing.T) {
	t.Parallel()
	m := openMarketWith(t, func(c *config.Config) {
		c.Limits.LineItems, c.Limits.Quantity = 2, 5
		c.Merchants[0].App.Enabled = true
	})
	most := []object{line("ok", 5), line("other", 5)}
	for name, c := range map[string]struct {
		lines []object
		param string // in the newest version
		says  string
	}{
		"a line too many":           {append(most[:2:2], line("download", 1)), "$.line_items", "at most 2"},
		"a unit too many":           {[]object{line("ok", 6)}, "$.line_items[0].quantity", " to 5"},
		"a unit too many in two":    {[]object{line("ok", 3), line("ok", 3)}, "$.line_items[1].quantity", "at most 5"},
		"a line of the same, again": {append(most[:2:2], line("ok", 1)), "$.line_items", "at most 2"},
	} {
		refused := func(t *testing.T, a answer, param string) {
			t.Helper()
			a.refused(t, 400, "invalid", param)
			if !strings.Contains(a.text("message"), c.says) {
				t.Errorf("the refusal does not say %q: %s", c.says, a.body)
			}
		}
		t.Run(name, func(t *testing.T) {
			for _, v := range spoken() {
				v := dialect(v)
				refused(t, m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(c.lines...)}), v.param(c.param))
				s := m.create(t, v, v.order(most...))
				refused(t, m.update(t, v, s.text("id"), object{v.items(): c.lines}), v.param(c.param))
				m.update(t, v, s.text("id"), object{v.items(): most}).want(t, 200)
				if !v.keyed() {
					continue
				}
				refused(t, m.createCart(t, v, basket(c.lines...)), c.param)
				cart := m.createCart(t, v, basket(most...)).want(t, 201)
				refused(t, m.putCart(t, v, cart.text("id"), basket(c.lines...)), c.param)
			}
			payload := bytesOf(t, dialect(acp.V20260417).order(c.lines...))
			bound := m.callTool(t, m.bearer, "create_checkout_session", fmt.Sprintf(`{"meta":{"api_version":%q,"idempotency_key":%q},"payload":%s}`, acp.V20260417, m.freshKey(), payload))
			if bound.status != 400 || bound.text("param") != "$.payload"+strings.TrimPrefix(c.param, "$") || !strings.Contains(bound.text("message"), c.says) {
				t.Errorf("the binding's tool: %s", bound.body)
			}
			list := bytesOf(t, object{"items": c.lines})
			opened := m.callToolAt(t, "/mcp", "", "checkout_session", fmt.Sprintf(`{"checkout_session":{"items":%s}}`, bytesOf(t, most[:1])))
			for tool, arguments := range map[string]string{
				"checkout_session":        fmt.Sprintf(`{"checkout_session":%s}`, list),
				"start_external_checkout": string(list),
				"update_checkout_session": fmt.Sprintf(`{"checkout_session_id":%q,%s`, opened.text("id"), list[1:]),
			} {
				a := m.callToolAt(t, "/mcp", "", tool, arguments)
				if text := string(a.body); a.status != 400 || !strings.Contains(text, "items") || !strings.Contains(text, c.says) {
					t.Errorf("the app's %s: %s", tool, text)
				}
			}
		})
	}
}

// So it is for discount codes and for metadata, of whatever it is.
func TestCodesAndMetadataAreLimitedAsConfigured(t *testing.T) {
	t.Parallel()
	m := openMarketWith(t, func(c *config.Config) {
		c.Limits.DiscountCodes, c.Limits.MetadataMembers, c.Limits.MetadataBytes = 2, 3, 1024
		c.Merchants[0].App.Enabled = true
	})
	codes := func(n int) []any { return []any{"A", "B", "C"}[:n] }
	members := func(n int) object {
		o := object{}
		for i := range n {
			o[fmt.Sprint("m", i)] = i
		}
		return o
	}
	text := func(n int) object { return object{"m": strings.Repeat("x", n-len("m"))} }
	claim := func(metadata object) object {
		return object{"provider": "affiliates", "token": "t", "metadata": metadata}
	}
	for name, c := range map[string]struct {
		member      string
		most, more  any
		param, says string
		update      bool // an update has it too
	}{
		"codes":                   {"discounts", object{"codes": codes(2)}, object{"codes": codes(3)}, "$.discounts.codes", "at most 2", true},
		"coupons":                 {"coupons", codes(2), codes(3), "$.coupons", "at most 2", true},
		"members of metadata":     {"metadata", members(3), members(4), "$.metadata", "at most 3", false},
		"bytes of metadata":       {"metadata", text(1024), text(1025), "$.metadata", "at most 1024 bytes", false},
		"members of an affiliate": {"affiliate_attribution", claim(members(3)), claim(members(4)), "$.affiliate_attribution.metadata", "at most 3", false},
		"bytes of an affiliate":   {"affiliate_attribution", claim(text(1024)), claim(text(1025)), "$.affiliate_attribution.metadata", "at most 1024 bytes", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []dialect{dialect(acp.V20260130), dialect(acp.V20260417), dialect(acp.Unreleased)} {
				refused := func(a answer) {
					t.Helper()
					if a.refused(t, 400, "invalid", c.param); !strings.Contains(a.text("message"), c.says) {
						t.Errorf("%s does not say %q", a.body, c.says)
					}
				}
				refused(m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: v.order(line("ok", 1)).with(c.member, c.more)}))
				s := m.create(t, v, v.order(line("ok", 1)).with(c.member, c.most))
				if c.update {
					refused(m.update(t, v, s.text("id"), object{c.member: c.more}))
				}
			}
		})
	}
	t.Run("in a chat", func(t *testing.T) {
		s := m.callToolAt(t, "/mcp", "", "checkout_session", `{"checkout_session":{"items":[{"id":"ok","quantity":1}]}}`)
		change := func(n int) answer {
			return m.callToolAt(t, "/mcp", "", "update_checkout_session", fmt.Sprintf(`{"checkout_session_id":%q,"discount_codes":%s}`, s.text("id"), bytesOf(t, codes(n))))
		}
		if a := change(2); a.status != 200 {
			t.Errorf("two codes: %s", a.body)
		}
		if a := change(3); a.status != 400 || !strings.Contains(string(a.body), "at most 2") {
			t.Errorf("three codes: %s", a.body)
		}
	})
}

// What the configuration allows is what the descriptions for programs say.
func TestDescriptionsHaveTheConfiguredLimits(t *testing.T) {
	t.Parallel()
	m := openMarketWith(t, func(c *config.Config) {
		c.Limits.LineItems, c.Limits.Quantity, c.Limits.DiscountCodes, c.Limits.MetadataMembers, c.Limits.MetadataBytes = 7, 11, 13, 17, 1999
	})
	for _, v := range spoken() {
		body := string(m.exchange(t, m.url, request{method: "GET", path: "/openapi/" + string(v) + ".json"}).body)
		text := strings.Join(strings.Fields(body), "")
		if !strings.Contains(text, `"maxItems":7`) || !strings.Contains(text, `"maximum":11`) {
			t.Errorf("%s has other limits", v)
		}
		if !strings.Contains(body, "Metadata has at most 17 members and 1999 bytes") || !dialect(v).flat() && !strings.Contains(text, `"maxItems":13`) {
			t.Errorf("%s has other limits of metadata and codes", v)
		}
		if strings.Contains(text, `"maxItems":200`) || strings.Contains(text, `"maximum":1000000`) {
			t.Errorf("%s has the default limits", v)
		}
	}
}

// Pages take what the configuration does, and no more than web.MaxOrdered.
func TestPagesLimitUnitsAsConfigured(t *testing.T) {
	for name, c := range map[string]struct{ configured, most int64 }{
		"less than a page takes": {5, 5}, "more than a page takes": {1_000_000, 9999},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mug := servertest.Goods()[0]
			mug.Stock = 20_000
			shop := servertest.Start(t, servertest.Options{Items: []catalog.Item{mug}, Configure: func(cfg *config.Config) { cfg.Limits.Quantity = c.configured }})
			agent := shop.Agent(t)
			s, b := onPage(t, agent, servertest.Mug)
			cart := newCart(t, agent, servertest.Mug)
			ofCart := newBuyer(t)
			ofCart.page = cart.ContinueURL
			for where, page := range map[string]struct {
				*buyer
				line string
			}{"session": {b, s.Lines[0].ID}, "cart": {ofCart, cart.Lines[0].ID}} {
				if got := page.post("items", "line", page.line, "quantity", fmt.Sprint(c.most)); got.status != http.StatusSeeOther {
					t.Errorf("%s: %d units: %d %s", where, c.most, got.status, got.text)
				}
				got := page.post("items", "line", page.line, "quantity", fmt.Sprint(c.most+1))
				if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, fmt.Sprintf("at most %d", c.most)) {
					t.Errorf("%s: %d units: %d %s", where, c.most+1, got.status, got.text)
				}
			}
		})
	}
}

// A page takes as many codes as the configuration does.
func TestPagesLimitCodesAsConfigured(t *testing.T) {
	t.Parallel()
	discount := func(id, code string) config.DiscountConfig {
		return config.DiscountConfig{ID: id, Name: id, Kind: "percent", Percent: "10", Code: code, Priority: 100, Combines: true}
	}
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{discount("one", "ONE"), discount("two", "TWO"), discount("three", "THREE")},
		Configure: func(c *config.Config) { c.Limits.DiscountCodes = 2 }})
	_, b := onPage(t, shop.Agent(t), servertest.Mug)
	for _, code := range []string{"ONE", "TWO"} {
		if got := b.post("codes", "code", code); got.status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", code, got.status, got.text)
		}
	}
	if got := b.post("codes", "code", "THREE"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, "An order can have at most 2 of these codes.") {
		t.Errorf("the third code: %d %s", got.status, got.text)
	}
}

// As many lines as can be configured, of as many units, are sold on both
// stores.
func TestTheLargestOrderIsSold(t *testing.T) {
	t.Parallel()
	if acp.MaxLineItems > store.MaxItemsAtOnce {
		t.Fatalf("%d lines may be configured, and %d items are looked up at once", acp.MaxLineItems, store.MaxItemsAtOnce)
	}
	servertest.EachStore(t, func(t *testing.T, database string) {
		var items []catalog.Item
		for i := range acp.MaxLineItems {
			item := servertest.Goods()[0]
			item.ID = fmt.Sprintf("mug-%d", i)
			item.ProductID, item.Stock = item.ID, acp.MaxQuantity
			item.Price, item.WeightGrams = 1, 1
			items = append(items, item)
		}
		shop := servertest.Start(t, servertest.Options{Database: database, Items: items, Configure: func(c *config.Config) {
			c.Limits.LineItems, c.Limits.Quantity = acp.MaxLineItems, acp.MaxQuantity
		}})
		agent := shop.Agent(t)
		cart := servertest.Cart()
		for _, item := range items {
			cart.Items = append(cart.Items, acp.RequestedItem{ID: item.ID, Quantity: 1})
		}
		cart.Items[0].Quantity = acp.MaxQuantity
		s, err := agent.Create(t.Context(), cart)
		if err != nil {
			t.Fatal(err)
		}
		token, err := agent.Token(t.Context(), s, servertest.CardApproved)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, token)); err != nil {
			t.Fatal(err)
		}
		if err := shop.Outcome(t, s.ID).Bought(); err != nil {
			t.Error(err)
		}
		if left := shop.Item(t, items[0].ID).Stock; left != 0 {
			t.Errorf("%d of the first item are left", left)
		}
		cart.Items = append(cart.Items, acp.RequestedItem{ID: items[0].ID, Quantity: 1})
		if s, err := agent.Create(t.Context(), cart); err == nil {
			t.Errorf("%d lines are taken: %s", len(cart.Items), s.Raw)
		}
	})
}
