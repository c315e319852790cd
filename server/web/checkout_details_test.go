package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/web"
)

// goodDetails is a form that is filled in as it should be.
func goodDetails() []string {
	return []string{"email", "buyer@example.com", "name", "Test Buyer", "phone", "", "country", "US", "line_one", "1 Example Street",
		"line_two", "", "city", "San Francisco", "state", "CA", "postal_code", "94105"}
}

func changed(form []string, name, value string) []string {
	form = slices.Clone(form)
	for i := 0; i < len(form); i += 2 {
		if form[i] == name {
			form[i+1] = value
		}
	}
	return form
}

func TestDetails(t *testing.T) {
	c := &checkouts{view: empty()}
	resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, changed(goodDetails(), "name", "  Tést Buyer ")...)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != session {
		t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
	}
	want := web.Details{Email: "buyer@example.com", Name: "Tést Buyer", LineOne: "1 Example Street", City: "San Francisco", State: "CA", PostalCode: "94105", Country: "US"}
	if c.saved != want {
		t.Errorf("saved %+v", c.saved)
	}
}

// What is wrong is said at the top and beside the field, nothing is stored, and
// nothing that was typed is lost.
func TestDetailsThatAreWrong(t *testing.T) {
	for name, tt := range map[string]struct{ field, value, says string }{
		"no e-mail":            {"email", "", "Enter your e-mail address."},
		"blanks for an e-mail": {"email", "   ", "Enter your e-mail address."},
		"no address":           {"email", "buyer.example.com", "This is not an e-mail address. Write it like name@example.com."},
		"two addresses":        {"email", "a@example.com, b@example.com", "This is not an e-mail address. Write it like name@example.com."},
		"a named address":      {"email", "Buyer <a@example.com>", "This is not an e-mail address. Write it like name@example.com."},
		"a long e-mail":        {"email", strings.Repeat("a", 244) + "@example.com", "This is too long. Shorten it."},
		"no name":              {"name", "", "Enter your name."},
		"a long name":          {"name", strings.Repeat("ä", 257), "This is too long. Shorten it."},
		"a name of two lines":  {"name", "Ada\r\nBcc: b@example.com", "This has characters that cannot be printed. Type it again."},
		"a name of no text":    {"name", "Ada\xff", "This has characters that cannot be printed. Type it again."},
		"a long phone number":  {"phone", strings.Repeat("1", 257), "This is too long. Shorten it."},
		"no country":           {"country", "", "Choose a country."},
		"a country elsewhere":  {"country", "FR", "The shop does not deliver to this country. Choose one of the list."},
		"no country at all":    {"country", "XX", "The shop does not deliver to this country. Choose one of the list."},
		"no street":            {"line_one", "", "Enter street and number."},
		"a long street":        {"line_one", strings.Repeat("s", 256), "This is too long. Shorten it."},
		"no city":              {"city", "", "Enter the city."},
		"a long postal code":   {"postal_code", strings.Repeat("9", 21), "This is too long. Shorten it."},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: empty()}
			resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, changed(goodDetails(), tt.field, tt.value)...)
			if resp.StatusCode != http.StatusUnprocessableEntity || len(c.calls) != 0 {
				t.Fatalf("%s, asked %q", resp.Status, c.calls)
			}
			page := parse(t, resp)
			checkMarkup(t, page, "form")
			links := find(one(t, page, "div", "problems"), "a", "")
			if len(links) != 1 || attr(links[0], "href") != "#"+tt.field || text(links[0]) != tt.says {
				t.Errorf("the summary says %q", text(one(t, page, "div", "problems")))
			}
			f := byID(page, tt.field)
			hint := byID(page, attr(f, "aria-describedby"))
			if attr(f, "aria-invalid") != "true" || hint == nil || text(hint) != tt.says {
				t.Errorf("beside the field: %v", hint)
			}
			form := goodDetails()
			for i := 0; i < len(form); i += 2 {
				if form[i] != tt.field && form[i] != "country" && attr(byID(page, form[i]), "value") != form[i+1] {
					t.Errorf("%s has lost %q", form[i], form[i+1])
				}
			}
		})
	}
}

// What the shop finds wrong with an address is said at once.
func TestAddressThatTheShopRefuses(t *testing.T) {
	c := &checkouts{view: with(filledIn(), func(c *web.Checkout) {
		c.Payable, c.Problems = false, map[string]string{"postal_code": "Check the code."}
	})}
	resp := ask(counter(t, c), http.MethodPost, session+"/details", nil, goodDetails()...)
	page := parse(t, resp)
	if resp.StatusCode != http.StatusUnprocessableEntity || len(c.calls) != 1 || text(byID(page, "postal_code-problem")) != "Check the code." {
		t.Errorf("%s, asked %q", resp.Status, c.calls)
	}
}

// What the shop would find wrong is said together with what is missing, which is
// said first of a field that has both.
func TestAddressThatTheShopWouldRefuse(t *testing.T) {
	c := &checkouts{view: empty()}
	form := changed(changed(changed(goodDetails(), "email", ""), "city", ""), "postal_code", misfit)
	page := parse(t, ask(counter(t, c), http.MethodPost, session+"/details", nil, form...))
	for field, says := range map[string]string{"email": "Enter your e-mail address.", "city": "Enter the city.", "postal_code": "Check the code."} {
		if hint := byID(page, field+"-problem"); hint == nil || text(hint) != says {
			t.Errorf("%s: %v, want %q", field, hint, says)
		}
	}
	if links := find(one(t, page, "div", "problems"), "a", ""); len(links) != 3 || len(c.calls) != 0 {
		t.Errorf("%d problems in the summary, asked %q", len(links), c.calls)
	}
}

// Where no address has a state none is asked for, but one that was given can be
// seen and changed.
func TestCountriesWithoutStates(t *testing.T) {
	for name, tt := range map[string]struct {
		stateless bool
		state     string
		asked     bool
	}{"with states": {false, "", true}, "without": {true, "", false}, "given all the same": {true, "Bayern", true}} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: with(empty(), func(c *web.Checkout) { c.Stateless, c.Details.State = tt.stateless, tt.state })}
			page := parse(t, ask(counter(t, c), http.MethodGet, session, nil))
			checkMarkup(t, page, "form")
			if f := byID(page, "state"); (f != nil) != tt.asked || f != nil && attr(f, "value") != tt.state || byID(page, "postal_code") == nil {
				t.Errorf("the state's field is %v", f)
			}
		})
	}
}

// A postal code is marked as one that there need not be only where an address can
// be without; where it is missing, it is asked for.
func TestCountriesWherePostalCodesAre(t *testing.T) {
	for name, tt := range map[string]struct {
		countries []string
		country   string // that was chosen
		optional  bool
	}{
		"every country has them":     {[]string{"DE", "AT"}, "", false},
		"not every country has them": {[]string{"DE", "AT", "IE"}, "", true},
		"everywhere":                 {nil, "", true},
		"one with them is chosen":    {nil, "DE", false},
		"one without is chosen":      {[]string{"DE", "IE"}, "IE", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: with(empty(), func(c *web.Checkout) { c.Countries, c.Details.Country = tt.countries, tt.country })}
			page := parse(t, ask(counter(t, c), http.MethodGet, session, nil))
			if label, required := text(byID(page, "postal_code").Parent), hasAttr(byID(page, "postal_code"), "required"); strings.Contains(label, "if there is one") != tt.optional || required == tt.optional {
				t.Errorf("%q, required: %t", label, required)
			}
		})
	}
	c := &checkouts{view: empty()}
	page := parse(t, ask(counter(t, c), http.MethodPost, session+"/details", nil, changed(changed(changed(goodDetails(), "country", "DE"), "city", ""), "postal_code", "")...))
	if hint := byID(page, "postal_code-problem"); hint == nil || text(hint) != "Enter the postal code." {
		t.Errorf("a missing postal code is called %v", hint)
	}
}

func TestGoodsThatAreNotShippedNeedNoAddress(t *testing.T) {
	c := &checkouts{view: with(empty(), func(c *web.Checkout) { c.Shipped = false })}
	h := counter(t, c)
	page := parse(t, ask(h, http.MethodGet, session, nil))
	if byID(page, "email") == nil || byID(page, "line_one") != nil {
		t.Error("the form does not ask for the contact alone")
	}
	if resp := ask(h, http.MethodPost, session+"/details", nil, "email", "buyer@example.com", "name", "Ada"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("%s", resp.Status)
	}
}

func TestCountries(t *testing.T) {
	for name, tt := range map[string]struct {
		locale string
		served []string
		want   []string // the first and last of those to choose from
		count  int
	}{
		"those of the shop":         {"en-US", []string{"US", "DE", "AT"}, []string{"Choose", "Austria", "Germany", "United States"}, 4},
		"in the shop's language":    {"de", []string{"US", "DE", "AT"}, []string{"Auswählen", "Deutschland", "Österreich", "Vereinigte Staaten"}, 4},
		"the only one is chosen":    {"fr", []string{"DE"}, []string{"Allemagne"}, 1},
		"no code of ISO 3166-1's":   {"en-US", []string{"XK"}, []string{"Kosovo"}, 1},
		"everywhere":                {"en-US", nil, []string{"Choose", "Afghanistan"}, 251},
		"a language without tables": {"tlh", nil, []string{"Choose", "Afghanistan"}, 251},
	} {
		t.Run(name, func(t *testing.T) {
			c := &checkouts{view: with(empty(), func(c *web.Checkout) { c.Locale, c.Countries = tt.locale, tt.served })}
			var got []string
			for _, o := range find(parse(t, ask(counter(t, c), http.MethodGet, session, nil)), "option", "") {
				got = append(got, text(o))
			}
			if len(got) != tt.count || !slices.Equal(got[:len(tt.want)], tt.want) {
				t.Errorf("%d countries: %q", len(got), got)
			}
		})
	}
}
