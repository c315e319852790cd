package web

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/text"
)

// Details are who buys and where the goods go. The address is that of a
// Checkout that is Shipped.
type Details struct {
	Email, Name, Phone string
	LineOne, LineTwo   string
	City, State        string
	PostalCode         string
	Country            string // ISO 3166-1 alpha-2
}

// field is one field of the form, with what a browser needs to fill it in.
type field struct {
	Name         string // in the form and in Checkout.Problems
	Label        string // a key in contactFields and addressFields, as are Optional and missing
	Type         string // of the input
	Autocomplete string
	InputMode    string
	Optional     string // how it is marked as one that may stay empty; "" is required
	Max          int    // characters
	Half         bool
	Value        string
	Problem      string
	missing      string // what is said when it is empty and should not be
	ofAddress    bool
	to           func(*Details) *string
}

// Hint is the id of the text that describes the field, "" when there is none.
func (f *field) Hint() string {
	if f.Problem == "" {
		return ""
	}
	return f.Name + "-problem"
}

// contactFields and addressFields are the form, in its order.
var (
	contactFields = []field{
		{Name: "email", Label: "form.email", Type: "email", Autocomplete: "email", InputMode: "email", Max: acp.MaxEmail,
			missing: "form.needs_email", to: func(d *Details) *string { return &d.Email }},
		{Name: "name", Label: "form.name", Type: "text", Autocomplete: "name", Max: acp.MaxText,
			missing: "form.needs_name", to: func(d *Details) *string { return &d.Name }},
		{Name: "phone", Label: "form.phone", Type: "tel", Autocomplete: "tel", InputMode: "tel", Optional: "form.optional", Max: acp.MaxText,
			to: func(d *Details) *string { return &d.Phone }},
	}
	addressFields = []field{
		{Name: "country", Label: "form.country", Autocomplete: "shipping country", ofAddress: true, Max: 2,
			missing: "form.needs_country", to: func(d *Details) *string { return &d.Country }},
		{Name: "line_one", Label: "form.line_one", Type: "text", Autocomplete: "shipping address-line1", ofAddress: true, Max: acp.MaxAddressLine,
			missing: "form.needs_line_one", to: func(d *Details) *string { return &d.LineOne }},
		{Name: "line_two", Label: "form.line_two", Type: "text", Autocomplete: "shipping address-line2", ofAddress: true, Optional: "form.optional", Max: acp.MaxAddressLine,
			to: func(d *Details) *string { return &d.LineTwo }},
		{Name: "city", Label: "form.city", Type: "text", Autocomplete: "shipping address-level2", ofAddress: true, Max: acp.MaxAddressLine,
			missing: "form.needs_city", to: func(d *Details) *string { return &d.City }},
		{Name: "state", Label: "form.state", Type: "text", Autocomplete: "shipping address-level1", ofAddress: true, Optional: "form.if_any", Half: true, Max: acp.MaxAddressLine,
			to: func(d *Details) *string { return &d.State }},
		{Name: "postal_code", Label: "form.postal_code", Type: "text", Autocomplete: "shipping postal-code", ofAddress: true, Optional: "form.if_any", Half: true, Max: acp.MaxPostalCode,
			missing: "form.needs_postal_code", to: func(d *Details) *string { return &d.PostalCode }},
	}
)

// readDetails takes the details out of a form.
func readDetails(form url.Values) Details {
	var d Details
	for _, f := range slices.Concat(contactFields, addressFields) {
		*f.to(&d) = strings.TrimSpace(form.Get(f.Name))
	}
	return d
}

// check says what is wrong with each field, by its name; empty is all well.
func (d *Details) check(c *Checkout) map[string]string {
	problems := map[string]string{}
	t := text.For(c.Locale)
	for _, f := range slices.Concat(contactFields, addressFields) {
		if f.ofAddress && !c.Shipped {
			continue
		}
		if problem := f.check(*f.to(d)); problem != "" {
			problems[f.Name] = t.Say(problem)
		}
	}
	switch {
	case problems["email"] == "" && !isEmail(d.Email):
		problems["email"] = t.Say("form.no_email")
	case c.Shipped && problems["country"] == "" && !slices.ContainsFunc(countries(c.Locale, c.Countries), func(known country) bool { return known.Code == d.Country }):
		problems["country"] = t.Say("form.not_served")
	}
	return problems
}

// check is the key of what is wrong with a value; "" is nothing.
func (f *field) check(value string) string {
	switch {
	case value == "" && f.Optional != "":
		return ""
	case value == "":
		return f.missing
	case utf8.RuneCountInString(value) > f.Max:
		return "form.too_long"
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return "form.unprintable"
	case secret.HasCardNumber(value):
		return "form.card_number"
	}
	return ""
}

// isEmail is the rule of the protocol's e-mail addresses: one address alone.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && !strings.ContainsAny(s, "\"\\")
}

// AddressLines is the address as it is written on a parcel, without the name;
// the country is by its name.
func (c *Checkout) AddressLines() []string {
	d := &c.Details
	var lines []string
	for _, line := range []string{d.LineOne, d.LineTwo, text.Town(d.Country, d.City, d.State, d.PostalCode), countryName(c.Locale, d.Country)} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// addressFields are those that the form asks for. What no address of the country
// is without, or of none to choose from while none is chosen, is not marked as
// one that may stay empty.
func (p *Pages) addressFields(c *Checkout, d Details) []field {
	from := c.Countries
	if d.Country != "" {
		from = []string{d.Country}
	}
	var asked []field
	for _, f := range addressFields {
		if f.Name == "state" && c.Stateless && d.State == "" {
			continue
		}
		can := func(country string) bool {
			return p.checkouts.Misfits(Details{Country: country}, c.Locale)[f.Name] == ""
		}
		if f.Optional == "form.if_any" && len(from) > 0 && !slices.ContainsFunc(from, can) {
			f.Optional = ""
		}
		asked = append(asked, f)
	}
	return asked
}

// fields puts values and problems into a part of the form.
func fields(form []field, d Details, problems map[string]string, t *text.Texts) []field {
	out := slices.Clone(form)
	for i := range out {
		if out[i].Label = t.Say(out[i].Label); out[i].Optional != "" {
			out[i].Optional = t.Say(out[i].Optional)
		}
		out[i].Value, out[i].Problem = *out[i].to(&d), problems[out[i].Name]
		if out[i].Value == "" && out[i].Problem != "" && out[i].missing != "" {
			out[i].Problem = t.Say(out[i].missing)
		}
		if secret.HasCardNumber(out[i].Value) {
			out[i].Value = "" // not even shown again
		}
	}
	return out
}
