package web_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/html"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/web"
	words "github.com/checkstand/checkstand/text"
)

// greek is what the shop says in these tests, in a language that there are no
// texts in: whatever else is on a page are words of the page.
const greek = "Κούπα"

// inGreek is a session in a language, with words of the shop that are none of the
// page's.
func inGreek(c web.Checkout, lang string) web.Checkout {
	c.Locale = lang
	c.Shop.Name, c.Shop.Links = greek, []web.Link{{Title: greek, URL: "/policies/terms"}}
	c.Details = web.Details{Email: "a@b.gr", Name: greek, LineOne: greek, City: greek, PostalCode: "94105", State: "CA", Country: "US"}
	c.Lines = slices.Clone(c.Lines)
	for i := range c.Lines {
		c.Lines[i].Title, c.Lines[i].Options = greek, greek
		if note := c.Lines[i].Note; note != nil {
			c.Lines[i].Note = &web.Notice{Tone: note.Tone, Text: greek}
		}
	}
	c.Totals = slices.Clone(c.Totals)
	for i := range c.Totals {
		c.Totals[i].Label = greek
		if c.Totals[i].Note != "" {
			c.Totals[i].Note = greek
		}
	}
	c.Deliveries = slices.Clone(c.Deliveries)
	for i := range c.Deliveries {
		c.Deliveries[i].Method, c.Deliveries[i].Detail = greek, greek
	}
	if c.TotalNote != "" {
		c.TotalNote = greek
	}
	c.Asked = slices.Clone(c.Asked)
	for i := range c.Asked {
		q := &c.Asked[i]
		if q.Words, q.LinkIs, q.Missing = greek, greek, greek; q.Problem != "" {
			q.Problem = greek
		}
	}
	if c.Tip != nil && c.Tip.Problem != "" {
		tip := *c.Tip
		tip.Problem, c.Tip = greek, &tip
	}
	if c.Invoice != nil {
		c.Invoice = &web.Invoice{Number: greek, Due: c.Invoice.Due}
	}
	if c.Codes != nil {
		c.Codes = &web.Codes{Given: []web.GivenCode{{Code: "ΑΒΓ", Name: greek}}}
	}
	return c
}

func cartInGreek(lang string, change func(*web.Cart)) *carts {
	of := inGreek(filledIn(), lang)
	return &carts{view: withCart(func(c *web.Cart) {
		c.Locale, c.Shop, c.Lines, c.Totals, c.TotalNote = lang, of.Shop, of.Lines, of.Totals, greek
		change(c)
	})}
}

// brokenCarts are carts whose store is gone.
type brokenCarts struct{ *carts }

func (brokenCarts) Cart(context.Context, web.CartVisit) (web.Cart, error) {
	return web.Cart{}, errors.New("database is gone")
}

// gone are files whose disk is gone.
type gone struct{}

func (gone) Open(string) (fs.File, error) { return nil, errors.New("disk is gone") }

func greekItems() items {
	item := func(id string, change func(*catalog.Item)) catalog.Item {
		it := catalog.Item{ID: id, ProductID: id, Title: greek, Price: 1800, Currency: "eur", Availability: catalog.InStock}
		change(&it)
		return it
	}
	list := items{
		item("sold out", func(it *catalog.Item) { it.Availability = catalog.OutOfStock }),
		item("one left", func(it *catalog.Item) { it.Tracked, it.Stock = true, 1 }),
		item("a few left", func(it *catalog.Item) { it.Tracked, it.Stock = true, 3 }),
		item("to come", func(it *catalog.Item) { it.Availability = catalog.Preorder }),
		item("ordered", func(it *catalog.Item) { it.Availability = catalog.Backorder }),
		item("reduced", func(it *catalog.Item) { it.ListPrice = 2400 }),
		item("small", func(it *catalog.Item) { it.ProductID = "sizes" }),
		item("large", func(it *catalog.Item) { it.ProductID, it.Price = "sizes", 2000 }),
	}
	for range 24 {
		list = append(list, item("more "+string(rune('a'+len(list))), func(*catalog.Item) {}))
	}
	return list
}

// everyPage fetches the pages for buyers in all their states, in a language.
func everyPage(t *testing.T, lang string) map[string]*html.Node {
	t.Helper()
	all := map[string]*html.Node{}
	speaks := func(r *http.Request) { r.Header.Set("Accept-Language", lang) }
	fetch := func(name string, h http.Handler, method, path string, change func(*http.Request), form ...string) {
		resp := ask(h, method, path, func(r *http.Request) {
			speaks(r)
			if change != nil {
				change(r)
			}
		}, form...)
		if kind := resp.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" || resp.Header.Get("Content-Language") != lang {
			t.Fatalf("%s: %s, %s in %q", name, resp.Status, kind, resp.Header.Get("Content-Language"))
		}
		all[name] = parse(t, resp)
	}
	get := func(name string, h http.Handler, path string) { fetch(name, h, http.MethodGet, path, nil) }

	for name, state := range checkoutStates() {
		state.c.view = inGreek(state.c.view, lang)
		state.c.view.Notices, state.c.view.Problems = nil, nil
		if state.c.outcome != nil {
			state.c.outcome.Shop = state.c.view.Shop
		}
		change := func(*http.Request) {}
		if strings.HasSuffix(state.path, "?as=stranger") {
			change = noCookie
		}
		fetch("checkout "+name, counter(t, state.c), http.MethodGet, state.path, change)
	}
	of := func(c web.Checkout, change ...func(*web.Checkout)) *checkouts {
		c = inGreek(c, lang)
		for _, f := range change {
			f(&c)
		}
		return &checkouts{view: c}
	}
	digital := func(c *web.Checkout) { c.Shipped = false }
	get("checkout digital", counter(t, of(filledIn(), digital)), session)
	get("checkout digital to change", counter(t, of(filledIn(), digital)), session+"?change=details")
	get("checkout free", counter(t, of(filledIn(), func(c *web.Checkout) { c.Totals = []web.Total{{Label: greek, Strong: true}} })), session)
	get("checkout blocked", counter(t, of(filledIn(), func(c *web.Checkout) {
		c.Payable, c.Lines[0].Note = false, &web.Notice{Tone: web.Negative, Text: greek}
	})), session)
	get("checkout done, without a way back", counter(t, of(done(), func(c *web.Checkout) { c.ReturnURL = "" })), session)
	get("checkout done, without a number", counter(t, of(done(), func(c *web.Checkout) { c.Order = &web.PlacedOrder{} })), session)
	withToken := of(embedded())
	withToken.token = "t"
	get("checkout with the provider's form", counter(t, withToken), session)

	post := func(name string, c *checkouts, path string, form ...string) {
		fetch(name, counter(t, c), http.MethodPost, session+path, nil, form...)
	}
	good := goodDetails()
	for i := 0; i < len(good); i += 2 {
		if field := good[i]; field != "line_two" && field != "phone" && field != "state" && field != "postal_code" {
			post("no "+field, of(empty()), "/details", changed(good, field, "")...)
		}
		post("long "+good[i], of(empty()), "/details", changed(good, good[i], strings.Repeat("x", 2000))...)
	}
	bare := slices.Clone(good)
	for i := 1; i < len(bare); i += 2 {
		bare[i] = ""
	}
	post("no details", of(empty()), "/details", bare...)
	post("no postal code", of(empty()), "/details", changed(changed(changed(good, "country", "DE"), "city", ""), "postal_code", "")...)
	post("no e-mail address", of(empty()), "/details", changed(good, "email", "x")...)
	post("a country not served", of(empty()), "/details", changed(good, "country", "JP")...)
	post("a card as name", of(empty()), "/details", changed(good, "name", "4242 4242 4242 4242")...)
	post("a name of two lines", of(empty()), "/details", changed(good, "name", "a\r\nb")...)
	post("no quantity", of(filledIn()), "/items", "line", "li_1", "quantity", "x")
	post("the only line", of(filledIn(), func(c *web.Checkout) { c.Lines = c.Lines[:1] }), "/items", "line", "li_1", "remove", "yes")
	post("no code", of(reduced()), "/codes", "code", " ")
	post("a long code", of(reduced()), "/codes", "code", strings.Repeat("A", 300))
	post("a card as code", of(reduced()), "/codes", "code", "4242 4242 4242 4242")
	get("checkout wrapped at no charge", counter(t, of(beside(), func(c *web.Checkout) { c.Wrap = &web.GiftWrap{} })), session)
	get("checkout invoiced", counter(t, of(done(), func(c *web.Checkout) { c.Invoice = &web.Invoice{Number: greek, Due: day(28)} })), session)
	post("no tip", of(beside()), "/tip", "amount", "")
	post("a tip that is none", of(beside()), "/tip", "amount", "?")
	post("a large tip", of(beside()), "/tip", "amount", "1000")
	toPay := of(filledIn())
	toPay.page = "https://pay.example.com/p"
	post("away", toPay, "/pay", "total", "5478 usd")
	post("another total", of(filledIn()), "/pay", "total", "1 usd")
	down := of(filledIn())
	down.fail = web.ErrNotCharged
	post("no provider", down, "/pay", "total", "5478 usd")
	broken := of(filledIn())
	broken.fail = errors.New("database is gone")
	post("a fault", broken, "/leave")
	fetch("a form of others", counter(t, of(filledIn())), http.MethodPost, session+"/pay", header("Sec-Fetch-Site", "cross-site"))
	fetch("no form", counter(t, of(filledIn())), http.MethodPost, session+"/pay", header("Content-Type", "text/plain"))
	post("a large form", of(filledIn()), "/details", "name", strings.Repeat("x", 1<<20))

	for name, c := range map[string]*carts{
		"open":                cartInGreek(lang, func(*web.Cart) {}),
		"no page":             cartInGreek(lang, func(c *web.Cart) { c.Payable = false }),
		"in a browser":        cartInGreek(lang, func(c *web.Cart) { c.Standing, c.Checkout = web.CartElsewhere, session }),
		"in the conversation": cartInGreek(lang, func(c *web.Cart) { c.Standing = web.CartElsewhere }),
		"paying":              cartInGreek(lang, func(c *web.Cart) { c.Standing, c.Checkout = web.CartPaying, session }),
	} {
		get("cart "+name, cartCounter(t, c), cartPath)
	}
	cart := cartInGreek(lang, func(c *web.Cart) { c.Lines = c.Lines[:1] })
	fetch("cart with one line", cartCounter(t, cart), http.MethodPost, cartPath+"/items", nil, "line", "li_1", "remove", "yes")
	fetch("cart and no quantity", cartCounter(t, cart), http.MethodPost, cartPath+"/items", nil, "line", "li_1", "quantity", "x")
	fetch("cart and a large form", cartCounter(t, cart), http.MethodPost, cartPath+"/items", nil, "line", strings.Repeat("x", 1<<20))
	get("no cart", cartCounter(t, cart), "/cart/demo/cart_2/"+proof)
	cfg := config(t)
	cfg.Checkouts, cfg.Carts = of(filledIn()), brokenCarts{cart}
	get("a cart that fails", pages(t, cfg), cartPath)

	cfg = config(t)
	cfg.Shop.Name, cfg.Live, cfg.BaseURL, cfg.Items = greek, true, "https://shop.example.com", greekItems()
	cfg.Endpoints = []web.Endpoint{{Method: "POST", Path: "/acp/mcp", Purpose: "front.does_binding"}}
	o := sampleOrder()
	o.Locale, o.StatusWords, o.StatusDetail, o.Lines, o.Totals = lang, greek, greek, nil, nil
	o.History = []web.Event{{At: day(13), Words: greek}}
	o.Deliveries = []web.Delivery{{Method: greek, Carrier: greek, TrackingURL: "https://example.com/t/1", Earliest: day(16), Latest: day(19)},
		{Method: greek, TrackingURL: "https://example.com/t/2", Latest: day(19)}, {Method: greek, Earliest: day(19)}}
	o.Shop.Name, o.Shop.Links = greek, []web.Link{{Title: greek, URL: "/policies/terms"}}
	full := o
	full.Live, full.Lines, full.Totals = true, []web.Line{{Title: greek, Quantity: 2, Amount: 100}}, []web.Total{{Label: greek, Amount: 100, Strong: true}}
	cfg.Orders, cfg.Policies = orders{"ord_1": o, "ord_2": full}, nil
	h := pages(t, cfg)
	get("front page", h, "/")
	get("order", h, "/orders/ord_1")
	get("live order", h, "/orders/ord_2")
	get("no order", h, "/orders/ord_9")
	get("an order that fails", h, "/orders/broken")
	get("no page", h, "/nowhere")
	empty := cfg
	empty.Items = items{}
	get("front page without items", pages(t, empty), "/")
	empty.Items = items(nil)
	get("front page without a catalogue", pages(t, empty), "/")
	describing(&empty)
	get("a version that is not spoken", pages(t, empty), "/docs?version=1999-01-01")
	empty.Pictures = gone{}
	get("a picture that fails", pages(t, empty), "/pictures/mug.svg")
	fetch("too many requests", http.HandlerFunc(h.TooMany), http.MethodGet, "/", nil)
	return all
}

// visible is what a page says: its texts, and what is read aloud or kept for a
// script. Words of code are none.
func visible(page *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.Type == html.ElementNode {
			switch n.Data {
			case "style", "script":
				return
			case "code":
				b.WriteString(greek)
				return
			case "bdi", "a", "strong", "time", "s":
			case "span":
				if attr(n, "class") == "unseen" || attr(n, "aria-hidden") != "" {
					b.WriteString(" | ")
				}
			default:
				b.WriteString(" | ")
			}
			for _, a := range n.Attr {
				if a.Key == "alt" || a.Key == "title" || a.Key == "aria-label" || a.Key == "placeholder" || strings.HasPrefix(a.Key, "data-") && a.Key != "data-token" {
					b.WriteString(" | " + a.Val + " | ")
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(page)
	return strings.Join(strings.Fields(b.String()), " ")
}

// says are the texts of a language by their keys, each with its forms.
func says(t *testing.T, lang string) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile("../../text/locales/" + lang + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]string, len(file))
	for key, v := range file {
		switch v := v.(type) {
		case string:
			all[key] = []string{v}
		case map[string]any:
			for _, form := range v {
				all[key] = append(all[key], form.(string))
			}
		}
	}
	return all
}

var (
	inBraces = regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	saidHere = regexp.MustCompile(`"([a-z]+\.[a-z0-9_]+)"`)
)

// on finds a text on a page in lower case, whatever its values, and between other
// words. at is nil where it is not there.
func on(page, said string) (at []int) {
	said = strings.ToLower(strings.Join(strings.Fields(said), " "))
	for rest := said; rest != ""; {
		piece, after, _ := strings.Cut(rest, "{")
		if !strings.Contains(page, piece) { // quick to tell
			return nil
		}
		_, rest, _ = strings.Cut(after, "}")
	}
	quoted := inBraces.ReplaceAllString(regexp.QuoteMeta(said), `[^|]+?`)
	return regexp.MustCompile(`(?:^|[^\pL])` + quoted + `(?:$|[^\pL])`).FindStringIndex(page)
}

// Every page in every state speaks each language: all that the pages say is seen
// in it, and nothing that English says is.
func TestEveryPageInEveryLanguage(t *testing.T) {
	english := says(t, words.English)
	keys := map[string]bool{}
	files, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, sources...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range saidHere.FindAllStringSubmatch(string(source), -1) {
			if english[m[1]] != nil {
				keys[m[1]] = true
			}
		}
	}
	if len(keys) < 120 {
		t.Fatalf("the pages say only %d texts", len(keys))
	}
	for _, lang := range words.Languages {
		t.Run(lang, func(t *testing.T) {
			own := says(t, lang)
			seen := map[string]string{}
			for name, page := range everyPage(t, lang) {
				seen[name] = visible(page)
				if root := find(page, "html", ""); len(root) != 1 || attr(root[0], "lang") != lang {
					t.Errorf("%s: the page is not marked as %s", name, lang)
				}
				if strings.Contains(seen[name], "{") {
					t.Errorf("%s: a placeholder has no value: %s", name, seen[name])
				}
			}
			all := strings.ToLower(strings.Join(slices.Collect(maps.Values(seen)), " | "))
			for key := range keys {
				if !slices.ContainsFunc(own[key], func(form string) bool { return on(all, form) != nil }) {
					t.Errorf("%s is on no page: %q", key, own[key])
				}
			}
			if lang == words.English {
				return
			}
			for key, forms := range english {
				for _, form := range forms {
					if slices.ContainsFunc(own[key], func(said string) bool { return strings.EqualFold(said, form) }) || !strings.ContainsFunc(inBraces.ReplaceAllString(regexp.QuoteMeta(form), ""), unicode.IsLetter) {
						continue // as in English, or no words
					}
					if at := on(all, form); at != nil && !isOwn(own, all[at[0]:at[1]]) {
						t.Errorf("%s is said in English: %q in %q", key, all[at[0]:at[1]], all[max(0, at[0]-60):min(len(all), at[1]+60)])
					}
				}
			}
		})
	}
}

// isOwn tells that words are also those of a text of the language itself, as
// "Code" is German and French.
func isOwn(own map[string][]string, found string) bool {
	found = strings.ToLower(strings.TrimFunc(found, func(r rune) bool { return !unicode.IsLetter(r) }))
	for _, forms := range own {
		for _, form := range forms {
			if slices.Contains(strings.FieldsFunc(strings.ToLower(form), func(r rune) bool { return !unicode.IsLetter(r) }), found) {
				return true
			}
		}
	}
	return false
}
