package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// cartShop keeps one cart, and what was sent to it.
type cartShop struct {
	t    *testing.T
	sent []string // method, path and body
	keys map[string]bool
}

func (s *cartShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil && r.Method != http.MethodGet {
		s.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	text, _ := json.Marshal(body)
	s.sent = append(s.sent, strings.TrimSuffix(fmt.Sprint(r.Method, " ", r.URL.Path, " ", string(text)), " null"))
	key := r.Header.Get("Idempotency-Key")
	if (key == "") != (r.Method == http.MethodGet) || key != "" && s.keys[key] {
		s.t.Errorf("%s with the key %q", r.Method, key)
	}
	s.keys[key] = true
	if r.URL.Path == "/carts/cart_gone" {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"type":"invalid_request","code":"not_found","message":"There is no such cart."}`)
		return
	}
	w.Header().Set("Idempotent-Replayed", "true")
	fmt.Fprint(w, `{"id":"cart_1","currency":"usd","line_items":[{"id":"li_1","item":{"id":"mug"},"name":"Mug","quantity":2,"totals":[{"type":"total","display_text":"Total","amount":3600}]}],
		"totals":[{"type":"total","display_text":"Total","amount":3600}],"messages":[{"type":"warning","code":"low_stock","content_type":"plain","content":"Only 2 left."}],
		"continue_url":"https://shop.example/cart/1","expires_at":"2026-05-01T12:00:00Z","later":true}`)
}

func cartClient(t *testing.T, v acp.Version) (*Client, *cartShop) {
	t.Helper()
	s := &cartShop{t: t, keys: map[string]bool{}}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	c, err := New(Config{BaseURL: srv.URL, APIKey: secret.New("csk_test"), Version: v})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func TestCarts(t *testing.T) {
	for _, v := range []acp.Version{acp.V20260417, acp.Unreleased} {
		c, s := cartClient(t, v)
		ctx := t.Context()
		r := acp.CartRequest{Items: []acp.RequestedItem{{ID: "mug", Quantity: 2}}, Buyer: &acp.Buyer{Email: "b@example.com"}, Locale: "de-DE"}
		made, err := c.CreateCart(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if made.ID != "cart_1" || made.Total != 3600 || !made.HasTotal || made.Lines[0].Title != "Mug" || made.Messages[0].Code != acp.CodeLowStock ||
			made.ContinueURL != "https://shop.example/cart/1" || made.ExpiresAt.Year() != 2026 || !made.Replayed || made.HTTPStatus != 200 {
			t.Errorf("%+v", made)
		}
		_, read := c.Cart(ctx, "cart_1")
		_, replaced := c.ReplaceCart(ctx, "cart_1", r)
		_, canceled := c.CancelCart(ctx, "cart_1")
		if err := errors.Join(read, replaced, canceled); err != nil {
			t.Error(err)
		}
		want := []string{
			`POST /carts {"buyer":{"email":"b@example.com"},"line_items":[{"id":"mug","quantity":2}],"locale":"de-DE"}`,
			`GET /carts/cart_1`,
			`PUT /carts/cart_1 {"buyer":{"email":"b@example.com"},"line_items":[{"id":"mug","quantity":2}]}`,
			`POST /carts/cart_1/cancel {}`,
		}
		if diff := cmp.Diff(want, s.sent); diff != "" {
			t.Error(diff)
		}
		var refused *Error
		if _, err := c.Cart(ctx, "cart_gone"); !errors.As(err, &refused) || refused.Code != "not_found" {
			t.Errorf("a cart that is not there: %v", err)
		}
		if _, err := c.Cart(ctx, ".."); err == nil {
			t.Error("a cart without an id")
		}
	}
}

func TestVersionsWithoutCarts(t *testing.T) {
	for _, v := range Versions() {
		if v >= acp.V20260417 {
			continue
		}
		c, s := cartClient(t, v)
		_, made := c.CreateCart(t.Context(), acp.CartRequest{})
		_, read := c.Cart(t.Context(), "cart_1")
		_, opened := c.Create(t.Context(), acp.CreateRequest{CartID: "cart_1", Currency: "usd"})
		for _, err := range []error{made, read, opened} {
			if !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: %v", v, err)
			}
		}
		if len(s.sent) > 0 {
			t.Errorf("%s was asked %v", v, s.sent)
		}
	}
}

func TestReadCartRefuses(t *testing.T) {
	for _, body := range []string{"", "[]", "{}", `{"id":7}`, "null"} {
		if c, err := ReadCart([]byte(body)); err == nil {
			t.Errorf("%q is %+v", body, c)
		}
	}
}
