package wire_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
)

// cartVersions are those that have carts.
func cartVersions() []acp.Version { return []acp.Version{acp.V20260417, acp.Unreleased} }

func cartCodec(t testing.TB, v acp.Version) wire.CartCodec {
	t.Helper()
	c, ok := wire.Carts(codec(t, v))
	if !ok {
		t.Fatalf("%s has no carts", v)
	}
	return c
}

func TestCartsAreOfTheVersionsThatHaveThem(t *testing.T) {
	for _, v := range versions() {
		if _, ok := wire.Carts(codec(t, v)); ok != slices.Contains(cartVersions(), v) {
			t.Errorf("%s has carts: %v", v, ok)
		}
	}
	if diff := cmp.Diff([]acp.Version{acp.V20260417}, wire.WithCarts()); diff != "" {
		t.Error(diff)
	}
}

func cartOf(s *acp.Session) *acp.Cart {
	return &acp.Cart{ID: "cart_01", LineItems: s.LineItems, Buyer: s.Buyer, Currency: s.Currency, Totals: s.Totals, Messages: s.Messages,
		ContinueURL: "https://shop.example/cart/shop/cart_01/x", ExpiresAt: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
}

func TestCartsAreValid(t *testing.T) {
	carts := map[string]*acp.Cart{
		"three lines":        cartOf(threeLines()),
		"every field set":    cartOf(everything()),
		"as bare as can be":  {ID: "cart_02", Currency: "jpy"},
		"not known how long": {ID: "cart_03", Currency: "kwd", LineItems: threeLines().LineItems, Totals: threeLines().Totals},
	}
	for _, v := range cartVersions() {
		schema := acptest.Schema(t, v, "Cart")
		for name, cart := range carts {
			t.Run(string(v)+" "+name, func(t *testing.T) {
				body, err := cartCodec(t, v).AppendCart(nil, cart)
				if err != nil {
					t.Fatal(err)
				}
				schema.Check(t, body)
			})
		}
	}
}

// What a cart shows of its lines, totals, messages and buyer is what a session
// shows of the same.
func TestCartsShowWhatSessionsShow(t *testing.T) {
	for _, v := range cartVersions() {
		s := everything()
		body, err := cartCodec(t, v).AppendCart(nil, cartOf(s))
		if err != nil {
			t.Fatal(err)
		}
		cart, session := object(t, body), object(t, encode(t, codec(t, v), s))
		for _, name := range []string{"line_items", "totals", "messages", "buyer", "currency"} {
			if diff := cmp.Diff(session[name], cart[name]); diff != "" || cart[name] == nil {
				t.Errorf("%s of a session (-) and of a cart (+):\n%s", name, diff)
			}
		}
	}
}

func TestDecodeCart(t *testing.T) {
	for body, want := range map[string]acp.CartRequest{
		`{"line_items":[{"id":"mug","quantity":2},{"id":"pen"}],"buyer":{"email":"b@example.com"},"locale":"de-DE"}`: {
			Items: []acp.RequestedItem{{ID: "mug", Quantity: 2}, {ID: "pen", Quantity: 1}}, Buyer: &acp.Buyer{Email: "b@example.com"}, Locale: "de-DE"},
		`{"items":[{"id":"mug"},{"id":"mug","quantity":2}],"currency":"USD","later":1}`: {
			Items: []acp.RequestedItem{{ID: "mug", Quantity: 3}}, Currency: "usd"},
		`{"line_items":[{"id":"mug","unit_amount":500}],"buyer":null}`: {Items: []acp.RequestedItem{{ID: "mug", Quantity: 1, UnitAmount: 500, HasUnitAmount: true}}},
	} {
		for _, v := range cartVersions() {
			got, err := cartCodec(t, v).DecodeCart(parse(t, body))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", body, err, diff)
			}
		}
	}
}

func TestDecodeCartRefuses(t *testing.T) {
	for body, want := range map[string]string{
		``:                                "invalid",
		`[]`:                              "invalid $",
		`{}`:                              "missing $.line_items",
		`{"line_items":[]}`:               "invalid $.line_items",
		`{"line_items":[{"quantity":1}]}`: "missing $.line_items[0].id",
		`{"line_items":[{"id":"mug","quantity":0}]}`:          "invalid $.line_items[0].quantity",
		`{"line_items":[{"id":"mug"}],"buyer":{}}`:            "missing $.buyer.email",
		`{"line_items":[{"id":"mug"}],"currency":"doubloon"}`: "invalid $.currency",
	} {
		_, err := cartCodec(t, acp.V20260417).DecodeCart(parse(t, body))
		if e := acp.AsError(err); err == nil || e.Status != 400 || (e.Code+" "+e.Param != want && e.Code != want) {
			t.Errorf("%s: %v at %q; want %s", body, err, e.Param, want)
		}
	}
}

// A session is opened from a cart by its id, and then nothing else is heeded of
// what the cart says. Where there are no carts, cart_id is a member like any
// that is not known.
func TestSessionOfACart(t *testing.T) {
	const body = `{"cart_id":"cart_1","line_items":[],"buyer":{"email":7},"currency":"usd","capabilities":{}}`
	for _, v := range versions() {
		req, err := codec(t, v).DecodeCreate(parse(t, body))
		if !slices.Contains(cartVersions(), v) {
			if err == nil {
				t.Errorf("%s: a session without items: %+v", v, req)
			}
			continue
		}
		if err != nil || req.CartID != "cart_1" || req.Items != nil || req.Buyer != nil {
			t.Errorf("%s: %+v, %v", v, req, err)
		}
	}
}

func object(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// The decoder of carts never panics and refuses with a 400 only; what it takes
// has items, each once, in quantities that can be ordered.
func FuzzDecodeCart(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"line_items":[{"id":"a"},{"id":"a","quantity":2}],"buyer":{"email":"b@example.com"},"locale":"de","currency":"EUR"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := wire.Parse(body, acp.DefaultLimits())
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		req, err := cartCodec(t, acp.V20260417).DecodeCart(doc)
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		seen := map[string]bool{}
		for _, item := range req.Items {
			if item.ID == "" || seen[item.ID] || item.Quantity < 1 || item.Quantity > acp.MaxQuantity {
				t.Fatalf("%+v of %q", req.Items, body)
			}
			seen[item.ID] = true
		}
		if len(seen) == 0 {
			t.Fatalf("no items of %q", body)
		}
	})
}
