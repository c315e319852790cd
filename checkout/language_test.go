package checkout_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/text"
)

// totalWord is what the session calls its total, which tells its language.
func totalWord(s *acp.Session) string {
	for _, t := range s.Totals {
		if t.Type == acp.TotalTotal {
			return t.DisplayText
		}
	}
	return ""
}

func (w *world) ask(req acp.CreateRequest, language string) *acp.Session {
	w.t.Helper()
	c := w.call("/checkout_sessions")
	c.Language = language
	return w.must(w.core.Create(context.Background(), c, req))
}

func (w *world) change(id string, req acp.UpdateRequest, language string) *acp.Session {
	w.t.Helper()
	c := w.call("/checkout_sessions/" + id)
	c.Language = language
	return w.must(w.core.Update(context.Background(), c, id, req))
}

// The body comes first, then the header, then the shop (HDR-05).
func TestLanguageOfASession(t *testing.T) {
	for _, c := range []struct{ shop, body, header, locale, total string }{
		{"en-US", "", "", "", "Total"},
		{"de-DE", "", "", "", "Gesamt"},
		{"de-DE", "ja", "fr", "ja", "合計"},
		{"de-DE", "", "ja-JP,en;q=0.5", "ja-JP", "合計"},
		{"de-DE", "it-IT", "ja", "ja", "合計"},
		{"de-DE", "it-IT", "", "de-DE", "Gesamt"},
		{"en-US", "", "pl", "en-US", "Total"},
		{"it-IT", "", "de-CH", "de-CH", "Gesamt"},
		{"it-IT", "", "", "", "Total"},
		{"en-US", "DE_at", "", "de-AT", "Gesamt"},
		{"en-US", "\x00 no tag", "", "en-US", "Total"},
	} {
		t.Run(strings.Join([]string{c.shop, c.body, c.header}, " "), func(t *testing.T) {
			w := newWorld(t)
			w.merchant.Locale = c.shop
			s := w.ask(acp.CreateRequest{Items: want("mug"), Currency: "usd", Locale: c.body}, c.header)
			if s.Locale != c.locale || totalWord(s) != c.total {
				t.Errorf("the locale is %q and the total %q, want %q and %q", s.Locale, totalWord(s), c.locale, c.total)
			}
		})
	}
}

// Another language changes the words of a binding quote and nothing else. What
// the agent named in the body stays.
func TestAnotherLanguageChangesWordsOnly(t *testing.T) {
	w := newWorld(t)
	address := acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(acp.Address{Name: "A", LineOne: "1 Main St", City: "Fresno", State: "CA", Country: "US", PostalCode: "93650"})})
	s := w.ask(acp.CreateRequest{Items: want("mug", "print"), Currency: "usd"}, "en")
	s = w.change(s.ID, acp.UpdateRequest{FulfillmentDetails: address}, "")
	if s.Status != acp.ReadyForPayment || s.QuoteID == "" {
		t.Fatalf("not quoted: %+v", s)
	}
	note := acp.UpdateRequest{OrderNotes: acp.Some("Ring twice")}
	german := w.change(s.ID, note, "de")
	if german.Locale != "de" || totalWord(german) != "Gesamt" || german.QuoteID != s.QuoteID || !german.QuoteExpiresAt.Equal(s.QuoteExpiresAt) {
		t.Errorf("in German: %q, %q, quote %s until %v", german.Locale, totalWord(german), german.QuoteID, german.QuoteExpiresAt)
	}
	for i := range s.Totals {
		if a, b := s.Totals[i], german.Totals[i]; a.Type != b.Type || a.Amount != b.Amount {
			t.Errorf("%v became %v", a, b)
		}
	}

	// The price is binding although the catalogue has another one now: the words
	// wait for the next quote.
	dearer := *w.item("mug")
	dearer.Price += 100
	w.stock(dearer)
	w.clock.Advance(time.Minute)
	still := w.change(s.ID, note, "fr")
	if still.Locale != "de" || totalWord(still) != "Gesamt" || still.QuoteID != s.QuoteID {
		t.Errorf("with another price in the catalogue: %q, %q", still.Locale, totalWord(still))
	}
	french := w.change(s.ID, acp.UpdateRequest{Items: acp.Some(want("mug", "print"))}, "fr")
	if french.Locale != "fr" || french.QuoteID == s.QuoteID || len(french.Messages) == 0 || !strings.HasPrefix(french.Messages[0].Content, "Le prix de") {
		t.Errorf("quoted anew: %q, %q, %v", french.Locale, totalWord(french), french.Messages)
	}

	fixed := w.ask(acp.CreateRequest{Items: want("mug"), Currency: "usd", Locale: "ja"}, "de")
	if fixed = w.change(fixed.ID, acp.UpdateRequest{Items: acp.Some(want("print"))}, "de"); fixed.Locale != "ja" || totalWord(fixed) != "合計" {
		t.Errorf("the agent's own language became %q, %q", fixed.Locale, totalWord(fixed))
	}
}

// A cart speaks as a session does, and so does what is opened from it, by the
// agent or on the cart's page. A language that the cart's body named stays.
func TestLanguageOfACart(t *testing.T) {
	for _, c := range []struct{ body, header, then, items, later string }{
		{"", "es-MX", "de", "Artículos", "Artikel"},
		{"ja", "es", "de", "商品", "商品"},
	} {
		w := cartWorld(t)
		made := func() *acp.Cart {
			call := w.cartCall("/carts")
			call.Language = c.header
			return w.mustCart(w.core.CreateCart(context.Background(), call, acp.CartRequest{Items: want("mug"), Locale: c.body}))
		}
		cart := made()
		if got := cart.Totals[0].DisplayText; got != c.items {
			t.Errorf("the cart says %q, want %q", got, c.items)
		}
		address, err := w.core.OpenCheckout(context.Background(), cartVisit(t, cart), false)
		if err != nil {
			t.Fatal(err)
		}
		onPage, _ := sessionOf(t, address)
		byAgent := w.ask(acp.CreateRequest{CartID: made().ID, Currency: "usd"}, c.then)
		if got := byAgent.Totals[0].DisplayText; got != c.items {
			t.Errorf("the agent's session says %q, want %q", got, c.items)
		}
		for _, id := range []string{onPage, byAgent.ID} {
			s := w.change(id, acp.UpdateRequest{Items: acp.Some(want("print"))}, c.then)
			if got := s.Totals[0].DisplayText; got != c.later {
				t.Errorf("asked in %s it says %q, want %q", c.then, got, c.later)
			}
		}
	}
}

// The shop's own words may be given in several languages.
func TestTheShopsOwnWords(t *testing.T) {
	w := newWorld(t)
	w.merchant.MethodTitles = map[string]text.Own{"standard": {"de": "Standardversand"}}
	w.merchant.MethodDescriptions = map[string]text.Own{"standard": {"de": "Ohne Unterschrift"}}
	address := &acp.FulfillmentDetails{Address: &acp.Address{Name: "A", LineOne: "Weg 1", City: "Bonn", Country: "DE", PostalCode: "53111"}}
	for locale, want := range map[string][]string{"de": {"Express", "Standardversand/Ohne Unterschrift"}, "fr": {"Express", "Standard"}} {
		s := w.ask(acp.CreateRequest{Items: []acp.RequestedItem{{ID: "mug", Quantity: 1}}, Currency: "usd", Locale: locale, FulfillmentDetails: address}, "")
		var got []string
		for _, o := range s.FulfillmentOptions {
			got = append(got, strings.TrimSuffix(o.Title+"/"+o.Description, "/"))
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
	}
	if w.item("mug").Kind != catalog.Physical {
		t.Error("the item is not delivered")
	}
}
