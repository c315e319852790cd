package savedcard_test

import (
	"strings"
	"testing"
	"time"

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

func TestWhatCannotBeKept(t *testing.T) {
	if err := visa(nil).Check(); err != nil {
		t.Fatal(err)
	}
	const number = "4242 4242 4242 4242"
	for name, change := range map[string]func(*savedcard.Card){
		"no id":                        func(c *savedcard.Card) { c.ID = "" },
		"no shop":                      func(c *savedcard.Card) { c.MerchantID = "" },
		"no provider":                  func(c *savedcard.Card) { c.Provider = "" },
		"nobody's":                     func(c *savedcard.Card) { c.CustomerID = " " },
		"a long customer":              func(c *savedcard.Card) { c.CustomerID = strings.Repeat("c", 257) },
		"no reference to the customer": func(c *savedcard.Card) { c.PSPCustomer = "" },
		"no reference to the card":     func(c *savedcard.Card) { c.PSPCard = "" },
		"a long reference":             func(c *savedcard.Card) { c.PSPCard = strings.Repeat("p", 257) },
		"another brand":                func(c *savedcard.Card) { c.Brand = "Visa" },
		"three digits":                 func(c *savedcard.Card) { c.Last4 = "424" },
		"a letter":                     func(c *savedcard.Card) { c.Last4 = "424x" },
		"no such month":                func(c *savedcard.Card) { c.ExpMonth = 13 },
		"two digits of a year":         func(c *savedcard.Card) { c.ExpYear = 28 },
		"a long label":                 func(c *savedcard.Card) { c.Label = strings.Repeat("ü", 129) },
		"a number as the card":         func(c *savedcard.Card) { c.PSPCard = number },
		"a number as the customer":     func(c *savedcard.Card) { c.PSPCustomer = number },
		"a number as the label":        func(c *savedcard.Card) { c.Label = "her " + number },
		"a number as the shop's":       func(c *savedcard.Card) { c.CustomerID = number },
	} {
		err := visa(change).Check()
		switch {
		case err == nil:
			t.Errorf("%s: kept", name)
		case strings.Contains(err.Error(), number):
			t.Errorf("%s: the error repeats the number", name)
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
