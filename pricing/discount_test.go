package pricing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

// parts writes what a discount takes off, place by place: "0:399 1:66".
func parts(a pricing.Applied) string {
	var out []string
	for _, p := range a.Parts {
		out = append(out, fmt.Sprintf("%d:%d", p.Line, p.Amount))
	}
	return strings.Join(out, " ")
}

func TestDiscounts(t *testing.T) {
	hoodies := []pricing.Line{
		{ID: "hoodie", ItemID: "h1", ProductID: "hoodie", Categories: []string{"Clothing > Hoodies"}, Tags: []string{"winter"}, UnitPrice: 4999, Quantity: 2},
		{ID: "mug", ItemID: "m1", ProductID: "mug", Categories: []string{"Kitchen"}, UnitPrice: 1995, Quantity: 1},
		{ID: "gift", ItemID: "g1", UnitPrice: 333, Quantity: 3},
	}
	gross := pricing.Taxes{PricesInclude: true, Origin: germany}
	shown := gross
	shown.ShowGross = true
	percent := func(ppm int64) pricing.Discount {
		return pricing.Discount{ID: "p", Kind: pricing.PercentOff, PPM: ppm, Each: true, Priority: 1}
	}
	amount := func(n int64) pricing.Discount {
		return pricing.Discount{ID: "a", Kind: pricing.AmountOff, Amount: n, Priority: 1}
	}
	with := func(d pricing.Discount, change func(*pricing.Discount)) pricing.Discount {
		change(&d)
		return d
	}
	for _, c := range []struct {
		name      string
		taxes     pricing.Taxes
		delivery  int64
		discounts []pricing.Discount
		want      string // parts of each discount in the order of their application
		items     int64  // items discount
		off       int64  // discount of delivery
		total     int64
	}{
		{"10 %, once a line", pricing.Taxes{}, 500, []pricing.Discount{percent(100_000)}, "0:1000 1:200 2:100", 1300, 0, 12192},
		{"10 %, of them all, spread", pricing.Taxes{}, 0, []pricing.Discount{with(percent(100_000), func(d *pricing.Discount) { d.Each = false })}, "0:1000 1:199 2:100", 1299, 0, 11693},
		{"5.00 off, spread by largest remainder", pricing.Taxes{}, 0, []pricing.Discount{amount(500)}, "0:385 1:77 2:38", 500, 0, 12492},
		{"1.00 off each piece, never more than it costs", pricing.Taxes{}, 0, []pricing.Discount{with(amount(400), func(d *pricing.Discount) { d.Each = true })}, "0:800 1:400 2:999", 2199, 0, 10793},
		{"more than everything costs", pricing.Taxes{}, 500, []pricing.Discount{amount(money.Max)}, "0:9998 1:1995 2:999", 12992, 0, 500},
		{"20 %, at most 10.00", pricing.Taxes{}, 0, []pricing.Discount{with(percent(200_000), func(d *pricing.Discount) { d.MaxAmount = 1000 })}, "0:770 1:153 2:77", 1000, 0, 11992},
		{"of one product", pricing.Taxes{}, 0, []pricing.Discount{with(percent(500_000), func(d *pricing.Discount) { d.Scope.Products = []string{"mug"} })}, "1:998", 998, 0, 11994},
		{"of one item", pricing.Taxes{}, 0, []pricing.Discount{with(percent(500_000), func(d *pricing.Discount) { d.Scope.Items = []string{"g1"} })}, "2:500", 500, 0, 12492},
		{"of a category and a tag", pricing.Taxes{}, 0, []pricing.Discount{with(percent(100_000), func(d *pricing.Discount) {
			d.Scope.Categories, d.Scope.Tags = []string{"kitchen"}, []string{"Winter"}
		})}, "0:1000 1:200", 1200, 0, 11792},
		{"a category has those below it", pricing.Taxes{}, 0, []pricing.Discount{with(percent(100_000), func(d *pricing.Discount) { d.Scope.Categories = []string{"Clothing"} })}, "0:1000", 1000, 0, 11992},
		{"and no others that begin alike", pricing.Taxes{}, 0, []pricing.Discount{with(percent(100_000), func(d *pricing.Discount) { d.Scope.Categories = []string{"Kit"} })}, "", 0, 0, 12992},
		{"a percentage, then an amount of what is left", pricing.Taxes{}, 0, []pricing.Discount{amount(500), percent(200_000)}, "0:2000 1:399 2:200 | 0:385 1:77 2:38", 3099, 0, 9893},
		{"by priority, the other way round", pricing.Taxes{}, 0, []pricing.Discount{amount(500), with(percent(200_000), func(d *pricing.Discount) { d.Priority = 2 })}, "0:385 1:77 2:38 | 0:1923 1:384 2:192", 2999, 0, 9993},
		{"free delivery", pricing.Taxes{}, 500, []pricing.Discount{{ID: "f", Kind: pricing.FreeDelivery}}, "-1:500", 0, 500, 12992},
		{"free delivery up to 3.00", pricing.Taxes{}, 500, []pricing.Discount{{ID: "f", Kind: pricing.FreeDelivery, MaxAmount: 300}}, "-1:300", 0, 300, 13192},
		{"free delivery, of another method", pricing.Taxes{}, 500, []pricing.Discount{{ID: "f", Kind: pricing.FreeDelivery, Scope: pricing.Scope{Methods: []string{"other"}}}}, "", 0, 0, 13492},
		{"10 %, tax in the prices: the shelf price falls by 10 %", gross, 595, []pricing.Discount{percent(100_000)}, "0:840 1:168 2:84", 1092, 0, 12992 - 1300 + 595},
		{"10 %, prices shown with their tax", shown, 595, []pricing.Discount{percent(100_000)}, "0:1000 1:200 2:100", 1300, 0, 12992 - 1300 + 595},
		{"free delivery, tax in the prices", gross, 595, []pricing.Discount{{ID: "f", Kind: pricing.FreeDelivery}}, "-1:500", 0, 500, 12992},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.taxes.Rates = table
			cart := pricing.Cart{Currency: "eur", Lines: hoodies}
			if c.taxes.PricesInclude {
				cart.Destination = germany
			} else {
				cart.Destination = pricing.Destination{Country: "KW"} // no tax
			}
			if c.delivery > 0 {
				cart = deliver(t, cart, c.taxes, c.delivery)
			}
			for i := range c.discounts {
				cart.Discounts = append(cart.Discounts, &c.discounts[i])
			}
			q, err := pricing.Price(cart, c.taxes)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range q.Applied {
				got = append(got, parts(a))
			}
			if s := strings.Join(got, " | "); s != c.want || q.ItemsDiscount != c.items || q.Discount != c.off || q.Total != c.total {
				t.Errorf("parts %s, items discount %d, discount %d, total %d; want %s, %d, %d, %d", s, q.ItemsDiscount, q.Discount, q.Total, c.want, c.items, c.off, c.total)
			}
			pricingtest.CheckQuote(t, cart, c.taxes, q)
		})
	}
}

func TestShortfallOfADiscount(t *testing.T) {
	lines := []pricing.Line{{ItemID: "a", UnitPrice: 1000, Quantity: 2}, {ItemID: "b", UnitPrice: 500, Quantity: 1}}
	for _, c := range []struct {
		d    pricing.Discount
		want pricing.Shortfall
	}{
		{pricing.Discount{}, pricing.NoShortfall},
		{pricing.Discount{MinSubtotal: 2500, MinQuantity: 3}, pricing.NoShortfall},
		{pricing.Discount{MinSubtotal: 2501}, pricing.BelowSubtotal},
		{pricing.Discount{MinQuantity: 4}, pricing.BelowQuantity},
		{pricing.Discount{MinSubtotal: 2000, Scope: pricing.Scope{Items: []string{"b"}}}, pricing.BelowSubtotal},
		{pricing.Discount{Scope: pricing.Scope{Items: []string{"c"}}}, pricing.NothingInScope},
	} {
		if got, err := c.d.Shortfall(lines); err != nil || got != c.want {
			t.Errorf("%+v: %d, %v; want %d", c.d, got, err, c.want)
		}
	}
}

func TestWhichDiscountsStandTogether(t *testing.T) {
	cart := pricing.Cart{Currency: "usd", Lines: []pricing.Line{{UnitPrice: 10_000, Quantity: 1}}, Delivery: []pricing.Option{{ID: "post", Listed: 500}}}
	ten := pricing.Discount{ID: "ten", Kind: pricing.PercentOff, PPM: 100_000, Priority: 1, Combines: true}
	five := pricing.Discount{ID: "five", Kind: pricing.AmountOff, Amount: 500, Priority: 1, Combines: true}
	twenty := pricing.Discount{ID: "twenty", Kind: pricing.PercentOff, PPM: 200_000, Priority: 1}
	thousand := pricing.Discount{ID: "thousand", Kind: pricing.AmountOff, Amount: 1000, Priority: 1}
	free := pricing.Discount{ID: "free", Kind: pricing.FreeDelivery, Priority: 1}
	for _, c := range []struct {
		name       string
		candidates []*pricing.Discount
		want       string
	}{
		{"none", nil, ""},
		{"those that combine", []*pricing.Discount{&five, &ten}, "ten five"},
		{"one that does not, and takes more off", []*pricing.Discount{&five, &ten, &twenty}, "twenty"},
		{"one that does not, and takes less off", []*pricing.Discount{&five, &ten, &thousand}, "ten five"},
		{"two that do not", []*pricing.Discount{&thousand, &twenty}, "twenty"},
		{"one alone, though it takes nothing off", []*pricing.Discount{&free}, "free"},
	} {
		chosen, err := pricing.Combine(cart, pricing.Taxes{}, c.candidates)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range chosen {
			got = append(got, d.ID)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q; want %q", c.name, s, c.want)
		}
	}
}

func TestDiscountsThatAreNoRules(t *testing.T) {
	good := pricing.Discount{ID: "d", Kind: pricing.PercentOff, PPM: 100_000, Priority: 1}
	for field, change := range map[string]func(*pricing.Discount){
		"id":           func(d *pricing.Discount) { d.ID = "" },
		"kind":         func(d *pricing.Discount) { d.Kind = "bogo" },
		"ppm":          func(d *pricing.Discount) { d.PPM = pricing.MaxPPM + 1 },
		"amount":       func(d *pricing.Discount) { d.Kind, d.PPM = pricing.AmountOff, 0 },
		"method":       func(d *pricing.Discount) { d.Kind, d.PPM, d.Each = pricing.FreeDelivery, 0, true },
		"max_amount":   func(d *pricing.Discount) { d.MaxAmount = -1 },
		"min_subtotal": func(d *pricing.Discount) { d.MinSubtotal = -1 },
		"min_quantity": func(d *pricing.Discount) { d.MinQuantity = -1 },
		"priority":     func(d *pricing.Discount) { d.Priority = 0 },
		"items[0]":     func(d *pricing.Discount) { d.Scope.Items = []string{""} },
		"tags":         func(d *pricing.Discount) { d.Scope.Tags = slices.Repeat([]string{"t"}, pricing.MaxScope+1) },
		"delivery":     func(d *pricing.Discount) { d.Scope.Methods = []string{"post"} },
		"delivery[0]": func(d *pricing.Discount) {
			d.Kind, d.PPM, d.Scope.Methods = pricing.FreeDelivery, 0, []string{"pigeon"}
		},
		"id of another":    func(d *pricing.Discount) {},
		"percent and more": func(d *pricing.Discount) { d.Amount = 5 },
	} {
		bad := good
		change(&bad)
		list := []*pricing.Discount{&bad}
		switch field {
		case "id of another":
			list = append(list, &good)
			if err := pricing.ValidateDiscounts(list, nil); err == nil || !strings.HasPrefix(err.Error(), "discounts[1].id: ") {
				t.Errorf("the same id twice: %v", err)
			}
			continue
		case "percent and more":
			field = "amount"
		}
		err := pricing.ValidateDiscounts(list, []pricing.Method{{ID: "post"}})
		if err == nil || !strings.HasPrefix(err.Error(), "discounts[0]."+field+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := pricing.ValidateDiscounts([]*pricing.Discount{&good}, nil); err != nil {
		t.Errorf("a good one: %v", err)
	}
}
