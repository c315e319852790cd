package pricing_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/pricing/pricingtest"
)

// weekdays are the hours of a shop that opens in the morning and the afternoon
// from Monday to Friday, and on Saturday morning.
func weekdays(zone *time.Location) pricing.Hours {
	h := pricing.Hours{Zone: zone}
	for day := time.Monday; day <= time.Friday; day++ {
		h.Open = append(h.Open, pricing.Interval{Day: day, From: 9 * 60, To: 12 * 60}, pricing.Interval{Day: day, From: 13 * 60, To: 18 * 60})
	}
	h.Open = append(h.Open, pricing.Interval{Day: time.Saturday, From: 10 * 60, To: 14 * 60})
	h.Sort()
	return h
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

var store = pricing.Location{Name: "Shop at the market", LineOne: "1 Market Street", City: "San Francisco", Region: "CA", PostalCode: "94105", Country: "US"}

func TestReadyWithinOpeningHours(t *testing.T) {
	at := func(zone *time.Location, day, hour, minute int) time.Time {
		return time.Date(2026, time.March, day, hour, minute, 0, 0, zone)
	}
	berlin := zone(t, "Europe/Berlin")
	always := pricing.Hours{}
	for _, c := range []struct {
		name        string
		hours       pricing.Hours
		after       time.Duration
		days, keep  int
		now         time.Time
		ready, kept time.Time
	}{
		{"while it is open", weekdays(nil), time.Hour, 0, 0, at(time.UTC, 2, 9, 0), at(time.UTC, 2, 10, 0), time.Time{}},
		{"the order is taken up at the next quarter", weekdays(nil), time.Hour, 0, 0, at(time.UTC, 2, 9, 1), at(time.UTC, 2, 10, 15), time.Time{}},
		{"work stops at noon", weekdays(nil), 2 * time.Hour, 0, 0, at(time.UTC, 2, 11, 0), at(time.UTC, 2, 14, 0), time.Time{}},
		{"work fills the morning", weekdays(nil), 3 * time.Hour, 0, 0, at(time.UTC, 2, 9, 0), at(time.UTC, 2, 12, 0), time.Time{}},
		{"work goes on the next morning", weekdays(nil), 2 * time.Hour, 0, 0, at(time.UTC, 2, 17, 0), at(time.UTC, 3, 10, 0), time.Time{}},
		{"at once means when it opens", weekdays(nil), 0, 0, 0, at(time.UTC, 2, 20, 0), at(time.UTC, 3, 9, 0), time.Time{}},
		{"over a weekend", weekdays(nil), 4 * time.Hour, 0, 0, at(time.UTC, 7, 13, 0), at(time.UTC, 9, 12, 0), time.Time{}},
		{"on the second open day", weekdays(nil), 0, 2, 0, at(time.UTC, 6, 11, 0), at(time.UTC, 9, 9, 0), time.Time{}},
		{"kept to the end of a day", weekdays(nil), 0, 0, 2, at(time.UTC, 2, 9, 0), at(time.UTC, 2, 9, 0), at(time.UTC, 4, 18, 0)},
		{"kept to the end of the next open day", weekdays(nil), 0, 0, 5, at(time.UTC, 3, 9, 0), at(time.UTC, 3, 9, 0), at(time.UTC, 9, 18, 0)},
		{"in the shop's own time", weekdays(berlin), time.Hour, 0, 0, at(time.UTC, 2, 7, 0), at(berlin, 2, 10, 0), time.Time{}},
		{"over the change to summer time", weekdays(berlin), time.Hour, 0, 0, at(time.UTC, 28, 16, 0), at(berlin, 30, 10, 0), time.Time{}},
		{"a locker", always, 36 * time.Hour, 0, 3, at(time.UTC, 2, 9, 0), at(time.UTC, 3, 21, 0), at(time.UTC, 6, 23, 59).Add(59 * time.Second)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := pricing.Method{ID: "pickup", Title: "Pick up", Pickup: &pricing.Pickup{Kind: "in_store", Location: store, Hours: c.hours,
				ReadyAfter: c.after, ReadyDays: c.days, KeepDays: c.keep}}
			got := offered(t, pricing.Cart{Lines: []pricing.Line{{Quantity: 1}}}, c.now, m)
			if len(got) != 1 || !got[0].Earliest.Equal(c.ready) || !got[0].Latest.Equal(c.kept) {
				t.Errorf("%+v; want ready %v, kept until %v", got, c.ready, c.kept)
			}
		})
	}
}

func TestClosedDaysAreSkipped(t *testing.T) {
	hours := weekdays(nil)
	hours.Closed = []pricing.Date{{Year: 2026, Month: time.March, Day: 2}, {Year: 2026, Month: time.March, Day: 3}}
	m := pricing.Method{ID: "pickup", Title: "Pick up", Pickup: &pricing.Pickup{Kind: "in_store", Location: store, Hours: hours}}
	got := offered(t, pricing.Cart{Lines: []pricing.Line{{Quantity: 1}}}, monday, m)
	if want := time.Date(2026, time.March, 4, 9, 0, 0, 0, time.UTC); !got[0].Earliest.Equal(want) {
		t.Errorf("ready %v; want %v", got[0].Earliest, want)
	}
}

func offered(t testing.TB, c pricing.Cart, now time.Time, methods ...pricing.Method) []pricing.Option {
	t.Helper()
	c.Currency = "usd"
	got, err := pricing.Options(c, methods, pricing.Taxes{}, now)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCouriersRounds(t *testing.T) {
	evenings := pricing.Hours{Zone: zone(t, "America/New_York"), Open: []pricing.Interval{
		{Day: time.Monday, From: 18 * 60, To: 21 * 60}, {Day: time.Tuesday, From: 18 * 60, To: 21 * 60}, {Day: time.Saturday, From: 10 * 60, To: 24 * 60}}}
	courier := pricing.Method{ID: "courier", Title: "Courier", Kind: pricing.Flat, Price: 700, Countries: []string{"US"},
		Local: &pricing.Local{PostalPrefixes: []string{"100", "11 2"}, Windows: evenings, Lead: 3 * time.Hour, Rounds: 3}}
	there := pricing.Destination{Country: "US", Region: "NY", PostalCode: "10012"}
	ids := func(to pricing.Destination, now time.Time) (ids []string) {
		for _, o := range offered(t, pricing.Cart{Destination: to, Lines: []pricing.Line{{Quantity: 1}}}, now, courier) {
			ids = append(ids, o.ID)
			if o.Way != pricing.LocalDelivery || o.MethodID != "courier" || !o.Earliest.Before(o.Latest) || o.Earliest.Before(now.Add(3*time.Hour)) {
				t.Errorf("option %+v", o)
			}
		}
		return ids
	}
	noon := time.Date(2026, time.March, 2, 17, 0, 0, 0, time.UTC) // of Monday in New York
	for _, c := range []struct {
		name string
		to   pricing.Destination
		now  time.Time
		want []string
	}{
		{"the next ones", there, noon, []string{"courier@20260302T1800", "courier@20260303T1800", "courier@20260307T1000"}},
		{"exactly in time", there, noon.Add(3 * time.Hour), []string{"courier@20260302T1800", "courier@20260303T1800", "courier@20260307T1000"}},
		{"a second late", there, noon.Add(3*time.Hour + time.Second), []string{"courier@20260303T1800", "courier@20260307T1000", "courier@20260309T1800"}},
		{"another prefix", pricing.Destination{Country: "US", PostalCode: "11215"}, noon, []string{"courier@20260302T1800", "courier@20260303T1800", "courier@20260307T1000"}},
		{"elsewhere", pricing.Destination{Country: "US", Region: "NY", PostalCode: "12207"}, noon, nil},
		{"the same code abroad", pricing.Destination{Country: "DE", PostalCode: "10012"}, noon, nil},
		{"nowhere", pricing.Destination{}, noon, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ids(c.to, c.now); !slices.Equal(got, c.want) {
				t.Errorf("rounds %q; want %q", got, c.want)
			}
		})
	}
}

func TestPickupNeedsNoDestinationAndIsTaxedWhereItIs(t *testing.T) {
	taxes := pricing.Taxes{Rates: []pricing.Rate{{Country: "US", Region: "CA", PPM: 86_250}, {Country: "DE", PPM: 190_000}}}
	cart := pricing.Cart{Currency: "usd", Lines: []pricing.Line{{ID: "a", UnitPrice: 1000, Quantity: 1, To: store.Destination()},
		{ID: "b", UnitPrice: 1000, Quantity: 1, To: pricing.Destination{Country: "DE"}}, {ID: "c", UnitPrice: 1000, Quantity: 1}}}
	options, err := pricing.Options(cart, []pricing.Method{{ID: "pickup", Title: "Pick up", Kind: pricing.Flat, Price: 200,
		Pickup: &pricing.Pickup{Kind: "locker", Location: store}}}, taxes, monday)
	if err != nil || len(options) != 1 || options[0].Tax != 17 || options[0].To != store.Destination() {
		t.Fatalf("%+v, %v", options, err)
	}
	cart.Delivery = options
	q, err := pricing.Price(cart, taxes)
	if err != nil {
		t.Fatal(err)
	}
	if got := []int64{q.Lines[0].Tax, q.Lines[1].Tax, q.Lines[2].Tax, q.Tax}; !slices.Equal(got, []int64{86, 190, 0, 293}) {
		t.Errorf("taxes %v", got)
	}
	pricingtest.CheckQuote(t, cart, taxes, q)
}

func TestValidatePlaces(t *testing.T) {
	pickup := func(change func(*pricing.Method)) pricing.Method {
		m := pricing.Method{ID: "p", Title: "Pick up", Kind: pricing.Flat, Pickup: &pricing.Pickup{Kind: "curbside", Location: store, Hours: weekdays(nil)}}
		change(&m)
		return m
	}
	local := func(change func(*pricing.Method)) pricing.Method {
		m := pricing.Method{ID: "l", Title: "Courier", Kind: pricing.Flat, Countries: []string{"US"},
			Local: &pricing.Local{PostalPrefixes: []string{"100"}, Windows: weekdays(nil), Rounds: 3}}
		change(&m)
		return m
	}
	for _, c := range []struct {
		name   string
		method pricing.Method
		faults []string
	}{
		{"good pickup", pickup(func(*pricing.Method) {}), nil},
		{"good courier", local(func(*pricing.Method) {}), nil},
		{"both", pickup(func(m *pricing.Method) { m.Local = &pricing.Local{} }), []string{"local_delivery"}},
		{"an electronic pickup", pickup(func(m *pricing.Method) { m.Kind = pricing.Electronic }), []string{"pickup"}},
		{"an electronic courier", local(func(m *pricing.Method) { m.Kind = pricing.Electronic }), []string{"local_delivery"}},
		{"a pickup with countries and days", pickup(func(m *pricing.Method) { m.Countries, m.MaxDays = []string{"US"}, 2 }), []string{"countries", "min_days"}},
		{"a place without an address", pickup(func(m *pricing.Method) {
			m.Pickup.Location, m.Pickup.Kind = pricing.Location{Region: "California"}, "shop"
		}),
			[]string{"pickup.type", "pickup.name", "pickup.address.line_one", "pickup.address.city", "pickup.address.country", "pickup.address.state"}},
		{"times beyond the bounds", pickup(func(m *pricing.Method) {
			m.Pickup.ReadyDays, m.Pickup.KeepDays, m.Pickup.ReadyAfter = -1, 366, -time.Second
		}), []string{"pickup.ready_days", "pickup.keep_days", "pickup.ready_after"}},
		{"hours that overlap", pickup(func(m *pricing.Method) {
			m.Pickup.Hours.Open = append(m.Pickup.Hours.Open, pricing.Interval{Day: time.Monday, From: 11 * 60, To: 14 * 60})
		}), []string{"pickup.hours"}},
		{"hours that are none", pickup(func(m *pricing.Method) { m.Pickup.Hours.Open = []pricing.Interval{{Day: time.Monday, From: 9, To: 9}} }), []string{"pickup.hours"}},
		{"a courier to nowhere", local(func(m *pricing.Method) { m.Countries, m.Local.PostalPrefixes = nil, nil }), []string{"countries", "local_delivery.postal_prefixes"}},
		{"a courier to everywhere", local(func(m *pricing.Method) { m.Local.PostalPrefixes = []string{"1*", ""} }),
			[]string{"local_delivery.postal_prefixes[0]", "local_delivery.postal_prefixes[1]"}},
		{"a courier without rounds", local(func(m *pricing.Method) { m.Local.Rounds, m.Local.Lead = 0, 15*24*time.Hour }), []string{"local_delivery.lead_time", "local_delivery.rounds"}},
		{"a courier with days and windows", local(func(m *pricing.Method) { m.MaxDays = 1 }), []string{"local_delivery.windows"}},
		{"a courier with days alone", local(func(m *pricing.Method) { m.MaxDays, m.Local.Windows, m.Local.Rounds = 1, pricing.Hours{}, 0 }), nil},
	} {
		t.Run(c.name, func(t *testing.T) { wantFaults(t, c.method.Validate(), c.faults...) })
	}
}

// Whatever the hours, the goods are ready no sooner than the work takes, when
// the place is open, and the later the order, the later they are ready.
func TestReadyIsNeverTooSoon(t *testing.T) {
	zones := map[string]*time.Location{"UTC": time.UTC}
	names := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"}
	for _, name := range names {
		zones[name] = zone(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := pricing.Hours{Zone: zones[rapid.SampledFrom(names).Draw(t, "zone")]}
		for day := time.Sunday; day <= time.Saturday; day++ {
			// Not in the hours that a clock leaves out once a year.
			if from := rapid.IntRange(4, 23).Draw(t, "from"); rapid.Bool().Draw(t, "open") || day == time.Friday {
				h.Open = append(h.Open, pricing.Interval{Day: day, From: 60 * from, To: 60 * rapid.IntRange(from+1, 24).Draw(t, "to")})
			}
		}
		m := pricing.Method{ID: "p", Title: "Pick up", Kind: pricing.Flat, Pickup: &pricing.Pickup{Kind: "in_store", Location: store, Hours: h,
			ReadyAfter: time.Duration(rapid.IntRange(0, 40*60).Draw(t, "minutes")) * time.Minute, ReadyDays: rapid.IntRange(0, 5).Draw(t, "days"),
			KeepDays: rapid.IntRange(0, 9).Draw(t, "keep")}}
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		ready := func(now time.Time) time.Time {
			got, err := pricing.Options(pricing.Cart{Lines: []pricing.Line{{Quantity: 1}}}, []pricing.Method{m}, pricing.Taxes{}, now)
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			if o := got[0]; !o.Latest.IsZero() && o.Latest.Before(o.Earliest) {
				t.Fatalf("ready %v and kept until %v", o.Earliest, o.Latest)
			}
			return got[0].Earliest
		}
		now := monday.Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "now")) * time.Minute)
		at := ready(now)
		if at.Before(now.Add(m.Pickup.ReadyAfter)) {
			t.Fatalf("ordered at %v, %v of work, ready %v", now, m.Pickup.ReadyAfter, at)
		}
		local := at.In(h.Zone)
		minute := local.Hour()*60 + local.Minute()
		if !slices.ContainsFunc(h.Open, func(i pricing.Interval) bool {
			return i.Day == local.Weekday() && i.From <= minute && minute <= i.To || i.To == 24*60 && minute == 0 && local.Weekday() == (i.Day+1)%7
		}) {
			t.Fatalf("ready %v, when it is closed: %v", local, h.Open)
		}
		if later := ready(now.Add(time.Hour)); later.Before(at) {
			t.Fatalf("ordered an hour later, ready %v rather than %v", later, at)
		}
	})
}
