package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/text"
)

// sameWords are those that a language writes as English does.
var sameWords = map[string][]string{"fr": {"Total"}, "es": {"Subtotal", "Total"}}

// wordsOf lists what a buyer may read of an answer, by where it stands. The
// shop's own words, such as titles, are not in it.
func wordsOf(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	var answer any
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for i := range v {
				walk(fmt.Sprintf("%s[%d]", at, i), v[i])
			}
		case map[string]any:
			for name, member := range v {
				said, isText := member.(string)
				switch {
				case !isText:
					walk(at+"."+name, member)
				case name == "content", name == "display_text", name == "display_name", name == "message",
					name == "title" && strings.Contains(at, "links"), name == "description" && strings.Contains(at, "totals"):
					words[at+"."+name] = said
				}
			}
		}
	}
	walk("$", answer)
	return words
}

// HDR-05: a whole purchase, with everything that can be said on the way, in each
// language. What is said in English is said in no other one, and the amounts are
// the same in all.
func TestPurchaseInEveryLanguage(t *testing.T) {
	t.Parallel()
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{{ID: "ten", Name: "Ten", Code: "TEN", Kind: "percent", Percent: "10", MinSubtotal: "999.00", Priority: 1}}})
	agent := shop.Agent(t)
	type step struct {
		words map[string]string
		total int64
	}
	buy := func(t *testing.T, locale string) (steps []step) {
		seen := func(s *client.Session, err error) *client.Session {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			var shown struct{ Locale string }
			if err := json.Unmarshal(s.Raw, &shown); err != nil || shown.Locale != locale {
				t.Errorf("the locale is %q: %v", shown.Locale, err)
			}
			steps = append(steps, step{wordsOf(t, s.Raw), s.Total})
			return s
		}
		ctx := t.Context()
		cart := servertest.Cart(servertest.Mug, servertest.Gone)
		cart.Locale, cart.FulfillmentDetails, cart.DiscountCodes = locale, nil, []string{"TEN", "NONE"}
		s := seen(agent.Create(ctx, cart))
		address := *servertest.Address()
		where := func(a acp.Address) acp.UpdateRequest {
			return acp.UpdateRequest{FulfillmentDetails: acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(a)})}
		}
		wrong := address
		wrong.PostalCode = "1"
		seen(agent.Update(ctx, s.ID, where(wrong)))
		abroad := acp.Address{Name: "Test Buyer", LineOne: "Weg 1", City: "Bonn", Country: "DE", PostalCode: "53111"}
		seen(agent.Update(ctx, s.ID, where(abroad)))
		seen(agent.Update(ctx, s.ID, acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}, {ID: servertest.Lamp, Quantity: 9}})}))
		last := where(address)
		last.Items = acp.Some([]acp.RequestedItem{{ID: servertest.Mug, Quantity: 1}})
		s = seen(agent.Update(ctx, s.ID, last))
		for _, card := range []servertest.Card{servertest.CardDeclined, servertest.CardApproved} {
			token, err := agent.Token(ctx, s, card)
			if err != nil {
				t.Fatal(err)
			}
			s = seen(agent.Complete(ctx, s.ID, servertest.Payment(s, token)))
		}
		if s.Status != acp.Completed {
			t.Fatalf("the session is %s: %s", s.Status, s.Raw)
		}
		return steps
	}
	english := buy(t, "en")
	if n := len(english[0].words); n < 15 {
		t.Fatalf("only %d texts were found: %v", n, english[0].words)
	}
	for _, lang := range text.Languages[1:] {
		t.Run(lang, func(t *testing.T) {
			for i, s := range buy(t, lang) {
				if s.total != english[i].total || len(s.words) != len(english[i].words) {
					t.Errorf("step %d: the total is %d, in English %d; %d texts, in English %d", i, s.total, english[i].total, len(s.words), len(english[i].words))
				}
				for at, said := range s.words {
					if in, ok := english[i].words[at]; !ok || said == "" || said == in && !slices.Contains(sameWords[lang], said) || strings.Contains(said, "{") {
						t.Errorf("step %d: %s is %q, in English %q", i, at, said, in)
					}
				}
			}
		})
	}
}

// The pages for buyers in each language: nothing of them is in English, all of
// it fits, and axe finds nothing.
func TestPagesInEveryLanguageInBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	shop := servertest.Start(t, servertest.Options{Discounts: []config.DiscountConfig{{ID: "ten", Name: "Ten", Code: "TEN", Kind: "percent", Percent: "10", Priority: 1}}})
	agent := shop.Agent(t)
	for _, lang := range text.Languages {
		t.Run(lang, func(t *testing.T) {
			says := text.For(lang)
			cart := servertest.Cart(servertest.Mug, servertest.Book)
			cart.Locale = lang
			s, err := agent.Create(t.Context(), cart)
			if err != nil {
				t.Fatal(err)
			}
			for _, screen := range []browsertest.Options{{Width: 390}, {Width: 320, Dark: true}} {
				tab := b.Tab(t, screen)
				tab.Go(linkOf(t, s))
				tab.WaitText("h1", says.Say("checkout.review"))
				for selector, want := range map[string]string{"#items": says.Say("checkout.items"), "#total": says.Say("checkout.to_pay"), "#delivery": says.Say("checkout.delivery"),
					".button.full": says.Say("checkout.pay", "amount", says.Money(s.Total, servertest.Currency))} {
					if got := tab.Text(selector); solid(got) != solid(want) {
						t.Errorf("%s says %q, want %q", selector, got, want)
					}
				}
				if body := tab.Text("body"); strings.Contains(body, "{") || lang != text.English && strings.Contains(body, "Quantity") {
					t.Errorf("a text is missing: %s", body)
				}
				tab.Check()
				tab.Screenshot(fmt.Sprintf("language-%s-%d", lang, screen.Width))
				tab.Go(tab.URL() + "?change=details#details")
				tab.WaitText("#details", says.Say("checkout.contact_and_address"))
				tab.Check()
				tab.Screenshot(fmt.Sprintf("language-%s-%d-details", lang, screen.Width))
				if s, err = agent.Get(t.Context(), s.ID); err != nil { // with a link for the next browser
					t.Fatal(err)
				}
			}
			token, err := agent.Token(t.Context(), s, servertest.CardApproved)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = agent.Complete(t.Context(), s.ID, servertest.Payment(s, token)); err != nil {
				t.Fatal(err)
			}
			var done struct {
				Order struct{ Permalink_url string }
			}
			if err := json.Unmarshal(s.Raw, &done); err != nil {
				t.Fatal(err)
			}
			tab := b.Tab(t, browsertest.Options{Width: 390})
			tab.Go(done.Order.Permalink_url)
			tab.WaitText("h1", says.Say("order.confirmed"))
			tab.Check()
			tab.Screenshot("language-" + lang + "-order")
		})
	}
}

// solid leaves the blanks out, which a page may set as it likes.
func solid(s string) string { return strings.Join(strings.Fields(s), "") }
