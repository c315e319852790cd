package pricing_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/pricing"
)

func ids(options []pricing.Option) string {
	var s []string
	for _, o := range options {
		s = append(s, o.ID)
	}
	return strings.Join(s, " ")
}

func TestWhichMethodsAreOffered(t *testing.T) {
	methods := []pricing.Method{
		{ID: "email", Kind: pricing.Electronic},
		{ID: "world", Kind: pricing.Flat, Price: 2500},
		{ID: "dach", Kind: pricing.Flat, Price: 495, Countries: []string{"DE", "AT", "CH"}},
		{ID: "us", Kind: pricing.Flat, Price: 900, Countries: []string{"US"}, Regions: []string{"!US-HI", "!US-AK"}},
		{ID: "california", Kind: pricing.Flat, Price: 500, Regions: []string{"US-CA"}},
		{ID: "eu-email", Kind: pricing.Electronic, Countries: []string{"DE", "FR"}},
	}
	lamp := pricing.Line{UnitPrice: 4900, Quantity: 1}
	ebook := pricing.Line{UnitPrice: 900, Quantity: 1, Digital: true}
	for _, c := range []struct {
		name  string
		lines []pricing.Line
		to    pricing.Destination
		want  string
	}{
		{"nothing to deliver", nil, germany, ""},
		{"physical, nowhere yet", []pricing.Line{lamp}, pricing.Destination{}, ""},
		{"physical to DE", []pricing.Line{lamp}, germany, "world dach"},
		{"physical to NY", []pricing.Line{lamp}, newYork, "world us"},
		{"physical to CA", []pricing.Line{lamp}, pricing.Destination{Country: "US", Region: "CA"}, "world us california"},
		{"physical to an excluded region", []pricing.Line{lamp}, pricing.Destination{Country: "US", Region: "HI"}, "world"},
		{"case does not matter", []pricing.Line{lamp}, pricing.Destination{Country: "us", Region: "hi"}, "world"},
		{"a region of the same name elsewhere", []pricing.Line{lamp}, pricing.Destination{Country: "IT", Region: "CA"}, "world"},
		{"an unknown region is none of those named", []pricing.Line{lamp}, pricing.Destination{Country: "US"}, "world us"},
		{"digital, nowhere yet", []pricing.Line{ebook}, pricing.Destination{}, "email"},
		{"digital to DE", []pricing.Line{ebook}, germany, "email eu-email"},
		{"digital to NY", []pricing.Line{ebook}, newYork, "email"},
		{"both, nowhere yet", []pricing.Line{lamp, ebook}, pricing.Destination{}, "email"},
		{"both to DE", []pricing.Line{ebook, lamp}, germany, "email world dach eu-email"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := pricing.Options(pricing.Cart{Currency: "eur", Lines: c.lines, Destination: c.to}, methods, pricing.Taxes{}, monday)
			if err != nil || ids(got) != c.want {
				t.Errorf("Options = %q, %v; want %q", ids(got), err, c.want)
			}
		})
	}
}

func TestWhatAMethodCosts(t *testing.T) {
	weight := pricing.Method{Kind: pricing.ByWeight, Tiers: []pricing.Tier{{UpTo: 1000, Price: 300}, {UpTo: 5000, Price: 700}}}
	beyond := pricing.Method{Kind: pricing.ByWeight, Tiers: []pricing.Tier{{UpTo: 1000, Price: 300}, {Price: 900}}}
	worth := pricing.Method{Kind: pricing.BySubtotal, Tiers: []pricing.Tier{{UpTo: 2000, Price: 600}, {UpTo: 4999, Price: 400}, {Price: 0}}}
	free := pricing.Method{Kind: pricing.Flat, Price: 495, FreeFrom: 5000}
	freeByWeight := weight
	freeByWeight.FreeFrom = 5000

	brick := pricing.Line{UnitPrice: 1000, Quantity: 1, WeightGrams: 500}
	gift := pricing.Line{UnitPrice: 3000, Quantity: 1, Digital: true, WeightGrams: 9999}
	bricks := func(n int64) pricing.Line { b := brick; b.Quantity = n; return b }
	for _, c := range []struct {
		name   string
		method pricing.Method
		lines  []pricing.Line
		want   int64 // -1 is not offered
	}{
		{"up to and including the first tier", weight, []pricing.Line{bricks(2)}, 300},
		{"just beyond it", weight, []pricing.Line{bricks(2), {UnitPrice: 1, Quantity: 1, WeightGrams: 1}}, 700},
		{"the last tier", weight, []pricing.Line{bricks(10)}, 700},
		{"too heavy", weight, []pricing.Line{bricks(11)}, -1},
		{"and beyond", beyond, []pricing.Line{bricks(1000)}, 900},
		{"digital lines weigh nothing", weight, []pricing.Line{brick, gift}, 300},
		{"by worth", worth, []pricing.Line{bricks(2)}, 600},
		{"by worth, digital lines count", worth, []pricing.Line{brick, gift}, 400},
		{"by worth, the last", worth, []pricing.Line{bricks(5)}, 0},
		{"just not free", free, []pricing.Line{bricks(4), {UnitPrice: 999, Quantity: 1}}, 495},
		{"free from", free, []pricing.Line{bricks(5)}, 0},
		{"free, and still too heavy", freeByWeight, []pricing.Line{bricks(11)}, -1},
		{"free instead of a tier", freeByWeight, []pricing.Line{bricks(8)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := pricing.Options(pricing.Cart{Currency: "eur", Lines: c.lines, Destination: germany}, []pricing.Method{c.method}, pricing.Taxes{}, monday)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == 0 {
				if c.want >= 0 {
					t.Errorf("not offered; want %d", c.want)
				}
				return
			}
			if got[0].Listed != c.want {
				t.Errorf("costs %d; want %d", got[0].Listed, c.want)
			}
		})
	}
}

// FreeFrom looks at the listed prices, so that it does not depend on where the
// goods go or on how the figures are shown.
func TestFreeFromIsAboutListedPrices(t *testing.T) {
	c := pricing.Cart{Currency: "eur", Destination: germany, Lines: []pricing.Line{{UnitPrice: 5000, Quantity: 1}}}
	free := []pricing.Method{{Kind: pricing.Flat, Price: 495, FreeFrom: 5000}}
	for _, x := range []pricing.Taxes{{}, {PricesInclude: true}, {PricesInclude: true, ShowGross: true}} {
		x.Rates = table
		if got, err := pricing.Options(c, free, x, monday); err != nil || got[0].Total != 0 {
			t.Errorf("%+v: %+v, %v; want it free", x, got, err)
		}
	}
}

func TestWhatAnOptionShows(t *testing.T) {
	m := []pricing.Method{{ID: "post", Title: "Post", Description: "To the door", Carrier: "Parcel Co", Kind: pricing.Flat, Price: 500}}
	for _, c := range []struct {
		taxes           pricing.Taxes
		net, tax, total int64
	}{
		{pricing.Taxes{}, 500, 95, 595},
		{pricing.Taxes{PricesInclude: true}, 420, 80, 500},
		{pricing.Taxes{PricesInclude: true, ShowGross: true}, 500, 0, 500},
		{pricing.Taxes{DeliveryClass: "reduced"}, 500, 35, 535},
		{pricing.Taxes{PricesInclude: true, Rounding: money.Down}, 421, 79, 500},
	} {
		c.taxes.Rates = table
		got, err := pricing.Options(pricing.Cart{Currency: "eur", Destination: germany, Lines: []pricing.Line{{UnitPrice: 1, Quantity: 1}}}, m, c.taxes, monday)
		if err != nil {
			t.Fatal(err)
		}
		want := pricing.Option{ID: "post", MethodID: "post", Way: pricing.Shipping, To: germany, Title: "Post", Description: "To the door", Carrier: "Parcel Co", Listed: 500, Net: c.net, Tax: c.tax, Total: c.total}
		if len(got) != 1 || got[0] != want {
			t.Errorf("Options = %+v; want %+v", got, want)
		}
	}
}

func TestDeliveryWindow(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tokyo := time.FixedZone("JST", 9*3600)
	for _, c := range []struct {
		name             string
		now              time.Time
		min, max         int
		earliest, latest string
	}{
		{"days from now", at("2026-03-02 10:30:00"), 2, 4, "2026-03-04 00:00:00", "2026-03-06 23:59:59"},
		{"one day", at("2026-03-02 23:59:59"), 1, 1, "2026-03-03 00:00:00", "2026-03-03 23:59:59"},
		{"over the end of February", at("2028-02-28 12:00:00"), 1, 2, "2028-02-29 00:00:00", "2028-03-01 23:59:59"},
		{"from today: the next full hour", at("2026-03-02 10:30:00"), 0, 1, "2026-03-02 11:00:00", "2026-03-03 23:59:59"},
		{"from today, on the hour", at("2026-03-02 10:00:00"), 0, 1, "2026-03-02 11:00:00", "2026-03-03 23:59:59"},
		{"from today, late", at("2026-03-02 23:30:00"), 0, 1, "2026-03-03 00:00:00", "2026-03-03 23:59:59"},
		{"the day is that of UTC", time.Date(2026, 3, 3, 1, 0, 0, 0, tokyo), 1, 2, "2026-03-03 00:00:00", "2026-03-04 23:59:59"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := oneOption(t, pricing.Method{Kind: pricing.Flat, MinDays: c.min, MaxDays: c.max}, c.now)
			if !o.Earliest.Equal(at(c.earliest)) || !o.Latest.Equal(at(c.latest)) {
				t.Errorf("window %v to %v; want %s to %s", o.Earliest, o.Latest, c.earliest, c.latest)
			}
			if o.Earliest.Location() != time.UTC || o.Latest.Location() != time.UTC {
				t.Errorf("window in %v and %v; want UTC", o.Earliest.Location(), o.Latest.Location())
			}
		})
	}
	if o := oneOption(t, pricing.Method{Kind: pricing.Flat}, monday); !o.Earliest.IsZero() || !o.Latest.IsZero() {
		t.Errorf("no promise gives a window %v to %v", o.Earliest, o.Latest)
	}
}

func TestWindowLiesAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).
			In(time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "zone")))
		m := pricing.Method{Kind: pricing.Flat, MinDays: rapid.IntRange(0, 9).Draw(t, "min")}
		m.MaxDays = max(m.MinDays+rapid.IntRange(0, 9).Draw(t, "more"), 1)
		o := oneOption(t, m, now)
		if !o.Earliest.After(now) || o.Latest.Before(o.Earliest) {
			t.Fatalf("now %v, window %v to %v", now, o.Earliest, o.Latest)
		}
	})
}

func oneOption(t interface {
	Helper()
	Fatalf(string, ...any)
}, m pricing.Method, now time.Time) pricing.Option {
	t.Helper()
	c := pricing.Cart{Currency: "eur", Destination: germany, Lines: []pricing.Line{{UnitPrice: 1, Quantity: 1}}}
	got, err := pricing.Options(c, []pricing.Method{m}, pricing.Taxes{}, now)
	if err != nil || len(got) != 1 {
		t.Fatalf("Options = %v, %v", got, err)
	}
	return got[0]
}

func TestCheapest(t *testing.T) {
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	for _, c := range []struct {
		name    string
		options []pricing.Option
		way     pricing.Way
		want    int // -1 is none
	}{
		{"none", nil, pricing.Shipping, -1},
		{"none of the kind", []pricing.Option{{Way: pricing.Digital}}, pricing.Shipping, -1},
		{"the lowest total", []pricing.Option{{Total: 5}, {Total: 3}, {Total: 4}}, pricing.Shipping, 1},
		{"not the lowest net", []pricing.Option{{Net: 1, Total: 5}, {Net: 3, Total: 3}}, pricing.Shipping, 1},
		{"then the earliest", []pricing.Option{{Total: 3, Latest: day(3)}, {Total: 3, Latest: day(2)}}, pricing.Shipping, 1},
		{"a promise before none", []pricing.Option{{Total: 3}, {Total: 3, Latest: day(9)}}, pricing.Shipping, 1},
		{"none after a promise", []pricing.Option{{Total: 3, Latest: day(9)}, {Total: 3}}, pricing.Shipping, 0},
		{"then the first", []pricing.Option{{Total: 3, Latest: day(2)}, {Total: 3, Latest: day(2)}}, pricing.Shipping, 0},
		{"the first without promises", []pricing.Option{{Total: 3}, {Total: 3}}, pricing.Shipping, 0},
		{"of the physical", []pricing.Option{{Total: 0, Way: pricing.Digital}, {Total: 9}}, pricing.Shipping, 1},
		{"of the digital", []pricing.Option{{Total: 0}, {Total: 9, Way: pricing.Digital}}, pricing.Digital, 1},
		{"of local deliveries", []pricing.Option{{Total: 0}, {Total: 9, Way: pricing.LocalDelivery}}, pricing.LocalDelivery, 1},
		{"what is kept longer is not later", []pricing.Option{{Earliest: day(1), Latest: day(9), Way: pricing.PickedUp}, {Earliest: day(2), Latest: day(3), Way: pricing.PickedUp}}, pricing.PickedUp, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i := range c.options {
				c.options[i].Way = cmp.Or(c.options[i].Way, pricing.Shipping)
			}
			got, ok := pricing.Cheapest(c.options, c.way)
			if ok != (c.want >= 0) || ok && got != c.want {
				t.Errorf("Cheapest = %d, %v; want %d", got, ok, c.want)
			}
		})
	}
}

func TestOptionsRefuses(t *testing.T) {
	post := []pricing.Method{{ID: "post", Kind: pricing.Flat, Price: money.Max}}
	for _, c := range []struct {
		name  string
		lines []pricing.Line
		field string
		is    error
	}{
		{"quantity 0", []pricing.Line{{UnitPrice: 1}}, "lines[0].quantity: ", nil},
		{"too dear a line", []pricing.Line{{UnitPrice: money.Max, Quantity: 2}}, "lines[0]: ", money.ErrRange},
		{"too dear together", []pricing.Line{{UnitPrice: money.Max, Quantity: 1}, {UnitPrice: 1, Quantity: 1}}, "lines[1]: ", money.ErrRange},
		{"too heavy to count", []pricing.Line{{Quantity: 2, WeightGrams: money.Max}}, "lines[0].weight_grams: ", money.ErrRange},
		{"too heavy together", []pricing.Line{{Quantity: 1, WeightGrams: money.Max}, {Quantity: 1, WeightGrams: 1}}, "lines[1].weight_grams: ", money.ErrRange},
		{"tax lifts the delivery beyond Max", []pricing.Line{{UnitPrice: 1, Quantity: 1}}, "methods[0] (post): ", money.ErrRange},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := pricing.Options(pricing.Cart{Currency: "eur", Destination: germany, Lines: c.lines}, post, pricing.Taxes{Rates: table}, monday)
			if err == nil || !strings.HasPrefix(err.Error(), c.field) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("Options = %v, %v; want an error about %q", got, err, c.field)
			}
		})
	}
}

// Every option is a method that validates, keeps the methods' order, is of a
// kind that the cart has, and closes its own sum.
func TestOptionsKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := pricing.Cart{Currency: "usd", Lines: rapid.SliceOfN(line(), 0, 4).Draw(t, "lines"), Destination: destination().Draw(t, "destination")}
		ms := methods().Draw(t, "methods")
		got, err := pricing.Options(c, ms, taxes().Draw(t, "taxes"), monday)
		if err != nil {
			t.Fatal(err)
		}
		digital := slices.ContainsFunc(c.Lines, func(l pricing.Line) bool { return l.Digital })
		physical := slices.ContainsFunc(c.Lines, func(l pricing.Line) bool { return !l.Digital })
		next := 0
		for _, o := range got {
			i := slices.IndexFunc(ms[next:], func(m pricing.Method) bool { return m.ID == o.ID })
			if i < 0 {
				t.Fatalf("%s is out of order: %s", o.ID, ids(got))
			}
			next += i + 1
			switch needs := o.Way == pricing.Shipping || o.Way == pricing.LocalDelivery; {
			case o.Way == pricing.Digital && !digital, o.Way != pricing.Digital && !physical, needs && !c.Destination.Known():
				t.Fatalf("%+v does not suit the cart", o)
			}
			if o.Net+o.Tax != o.Total || o.Net < 0 || o.Tax < 0 {
				t.Fatalf("%+v does not add up", o)
			}
		}
	})
}
