package web_test

import (
	"os"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/web"
)

func TestTownIsWrittenAsItsCountryDoes(t *testing.T) {
	for want, d := range map[string]web.Details{
		"San Francisco, CA 94105": {City: "San Francisco", State: "CA", PostalCode: "94105", Country: "US"},
		"San Francisco":           {City: "San Francisco", Country: "US"},
		"CA 94105":                {State: "CA", PostalCode: "94105", Country: "US"},
		"Toronto ON M5V 2T6":      {City: "Toronto", State: "ON", PostalCode: "M5V 2T6", Country: "CA"},
		"London SW1A 1AA":         {City: "London", PostalCode: "SW1A 1AA", Country: "GB"},
		"10115 Berlin":            {City: "Berlin", PostalCode: "10115", Country: "DE"},
		"00184 Roma RM":           {City: "Roma", State: "RM", PostalCode: "00184", Country: "IT"},
	} {
		c := web.Checkout{Details: d, Locale: "en-US"}
		if got := c.AddressLines()[0]; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The widget in the chat writes an address as the checkout page does.
func TestWidgetAndPagesWriteTownsAlike(t *testing.T) {
	read := func(name string) string {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(source)
	}
	widget, pages := read("../../ui/widget/src/town.ts"), read("checkout_town.go")
	for _, name := range []string{"codeLast", "commaState"} {
		list := func(source string) string {
			_, after, _ := strings.Cut(source, name+" ")
			_, after, _ = strings.Cut(after, `"`)
			codes, _, _ := strings.Cut(after, `"`)
			return codes
		}
		// In the Go source the name is in a comment first.
		_, vars, _ := strings.Cut(pages, "var (")
		if w, p := list(widget), list(vars); w != p || len(strings.Fields(w)) == 0 {
			t.Errorf("%s is %q in the widget and %q on the pages", name, w, p)
		}
	}
}
