package savedcard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/savedcard"
)

func visa(change func(*savedcard.Card)) *savedcard.Card {
	c := &savedcard.Card{ID: "crd_1", MerchantID: "shop", CustomerID: "cus_1", Provider: "stripe", Account: "profile_1", PSPCustomer: "cus_PSP",
		PSPCard: "pm_1", Brand: "visa", Last4: "4242", ExpMonth: 2, ExpYear: 2028}
	if change != nil {
		change(c)
	}
	return c
}

// What cannot be kept is told by its field, for whoever took it in to name; the
// fields are those of the flags of 'checkstand cards add'.
func TestWhatCannotBeKept(t *testing.T) {
	if err := visa(nil).Check(); err != nil {
		t.Fatal(err)
	}
	const number = "4242 4242 4242 4242"
	for name, c := range map[string]struct {
		change func(*savedcard.Card)
		faults string // "field: beginning of the message", a line each
	}{
		"nobody's":                     {func(c *savedcard.Card) { c.CustomerID = " " }, "customer: is missing; give the ID"},
		"a long customer":              {func(c *savedcard.Card) { c.CustomerID = strings.Repeat("c", 257) }, "customer: is longer than 256 bytes"},
		"no reference to the customer": {func(c *savedcard.Card) { c.PSPCustomer = "" }, "psp_customer: is missing; say what"},
		"no reference to the card":     {func(c *savedcard.Card) { c.PSPCard = "\t" }, "psp_card: is missing; say what"},
		"a long reference":             {func(c *savedcard.Card) { c.PSPCard = strings.Repeat("p", 257) }, "psp_card: is longer than 256 bytes"},
		"another brand":                {func(c *savedcard.Card) { c.Brand = "Visa" }, `brand: "Visa" is not a brand of cards; use one of visa, mastercard`},
		"no brand":                     {func(c *savedcard.Card) { c.Brand = "" }, "brand: is missing; use one of visa, mastercard"},
		"three digits":                 {func(c *savedcard.Card) { c.Last4 = "424" }, "last4: the last digits of a card are four"},
		"a letter":                     {func(c *savedcard.Card) { c.Last4 = "424x" }, "last4: the last digits of a card are four"},
		"no digits":                    {func(c *savedcard.Card) { c.Last4 = "" }, "last4: is missing; give the last four"},
		"no such month":                {func(c *savedcard.Card) { c.ExpMonth = 13 }, `expires: "13/2028" is no month of a year, such as 12/2030`},
		"a month before the first":     {func(c *savedcard.Card) { c.ExpMonth = 0 }, `expires: "00/2028" is no month of a year`},
		"two digits of a year":         {func(c *savedcard.Card) { c.ExpYear = 28 }, `expires: "02/28" is no month of a year`},
		"five digits of a year":        {func(c *savedcard.Card) { c.ExpYear = 20280 }, `expires: "02/20280" is no month of a year`},
		"a year of the last century":   {func(c *savedcard.Card) { c.ExpYear = 1999 }, `expires: "02/1999" is no month of a year`},
		"no expiry":                    {func(c *savedcard.Card) { c.ExpMonth, c.ExpYear = 0, 0 }, "expires: is missing; give the month"},
		"a long label":                 {func(c *savedcard.Card) { c.Label = strings.Repeat("ü", 129) }, "label: is longer than 128 characters"},
		"two lines for a customer":     {func(c *savedcard.Card) { c.CustomerID = "cus\n1" }, "customer: has control characters"},
		"two lines for a label":        {func(c *savedcard.Card) { c.Label = "hers\r" }, "label: has control characters"},
		"a number as the card":         {func(c *savedcard.Card) { c.PSPCard = number }, "psp_card: this looks like the number of a card"},
		"a number as the customer":     {func(c *savedcard.Card) { c.PSPCustomer = number }, "psp_customer: this looks like the number of a card"},
		"a number as the label":        {func(c *savedcard.Card) { c.Label = "her " + number }, "label: this looks like the number of a card"},
		"a number as the shop's":       {func(c *savedcard.Card) { c.CustomerID = number }, "customer: this looks like the number of a card"},
		"a number as the brand":        {func(c *savedcard.Card) { c.Brand = number }, "brand: this looks like the number of a card"},
		"a number as the last digits":  {func(c *savedcard.Card) { c.Last4 = number }, "last4: this looks like the number of a card"},
		"several": {func(c *savedcard.Card) { c.CustomerID, c.Last4, c.ExpYear = "", "1", 1 },
			"customer: is missing\nlast4: the last digits\nexpires: "},
	} {
		for what, err := range map[string]error{"Check": visa(c.change).Check(), "CheckDetails": visa(c.change).CheckDetails()} {
			faults, want := fault.List(err), strings.Split(c.faults, "\n")
			if len(faults) != len(want) {
				t.Errorf("%s, %s: %v, want %q", name, what, err, want)
				continue
			}
			for i, f := range faults {
				if !strings.HasPrefix(f.Error(), want[i]) {
					t.Errorf("%s, %s: %q, want %q", name, what, f, want[i])
				}
				if strings.Contains(f.Error(), number) {
					t.Errorf("%s, %s: the error repeats the number", name, what)
				}
			}
		}
	}
	for name, change := range map[string]func(*savedcard.Card){
		"no id":       func(c *savedcard.Card) { c.ID = "" },
		"no shop":     func(c *savedcard.Card) { c.MerchantID = "" },
		"no provider": func(c *savedcard.Card) { c.Provider = "" },
	} {
		if err := visa(change).Check(); err == nil {
			t.Errorf("%s: kept", name)
		}
		if err := visa(change).CheckDetails(); err != nil {
			t.Errorf("%s: %v, and nobody gives it", name, err)
		}
	}
}

// A card is good to the end of its month, wherever the buyer is.
func TestExpiry(t *testing.T) {
	for at, want := range map[string]bool{
		"2028-01-31T00:00:00Z": false,
		"2028-02-29T23:59:59Z": false,
		"2028-03-01T11:59:59Z": false,
		"2028-03-01T12:00:00Z": true,
		"2029-01-01T00:00:00Z": true,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := visa(nil).Expired(now); got != want {
			t.Errorf("%s: expired is %v", at, got)
		}
	}
	if c := visa(func(c *savedcard.Card) { c.ExpMonth = 12 }); c.Expired(time.Date(2028, 12, 31, 0, 0, 0, 0, time.UTC)) || !c.Expired(time.Date(2029, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Error("December does not end with the year")
	}
}

func TestUsable(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*savedcard.Card)
		want   bool
	}{
		"as it is":         {nil, true},
		"removed":          {func(c *savedcard.Card) { c.RemovedAt = now }, false},
		"expired":          {func(c *savedcard.Card) { c.ExpYear = 2026 }, false},
		"another provider": {func(c *savedcard.Card) { c.Provider = "adyen" }, false},
		"another account":  {func(c *savedcard.Card) { c.Account = "profile_2" }, false},
	} {
		if got := visa(c.change).Usable("stripe", "profile_1", now); got != c.want {
			t.Errorf("%s: usable is %v", name, got)
		}
	}
}
