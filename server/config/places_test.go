package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/server/config"
)

// shipping is minimal with one way of delivery, whose keys these are.
func shipping(keys string) string {
	return minimal + "    timezone: Europe/Berlin\n    shipping:\n      - {" + keys + "}\n"
}

const (
	goodPickup = `id: shop, title: Pick up, price: "0", pickup: {name: Shop at the market, address: {line_one: 1 Example Street, city: Berlin, postal_code: "10115"},
        hours: ["mon-fri 09:00-12:00,13:00-18:00", "sat 10:00-14:00"], closed: ["2026-12-25"], ready_after: 2h, ready_days: 1, keep_days: 7, phone: "+49301234567", instructions: Ring}`
	goodCourier = `id: courier, title: Courier, price: "7", local_delivery: {postal_prefixes: ["101", "13 3"], windows: ["daily 18:00-24:00"], lead_time: 3h}`
)

func methodOf(t *testing.T, text string) pricing.Method {
	t.Helper()
	c := parse(t, text)
	m, err := c.Merchants[0].Settings(c.PublicURL)
	if err != nil {
		t.Fatal(err)
	}
	return m.Methods[0]
}

func TestPlacesAreRead(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a == b || a != nil && b != nil && a.String() == b.String() })

	want := pricing.Method{ID: "shop", Title: "Pick up", Kind: pricing.Flat, Pickup: &pricing.Pickup{Kind: "in_store", ReadyAfter: 2 * time.Hour, ReadyDays: 1, KeepDays: 7,
		Location: pricing.Location{Name: "Shop at the market", LineOne: "1 Example Street", City: "Berlin", PostalCode: "10115", Country: "DE", Phone: "+49301234567", Instructions: "Ring"},
		Hours:    pricing.Hours{Zone: berlin, Closed: []pricing.Date{{Year: 2026, Month: time.December, Day: 25}}}}}
	for day := time.Monday; day <= time.Friday; day++ {
		want.Pickup.Hours.Open = append(want.Pickup.Hours.Open, pricing.Interval{Day: day, From: 540, To: 720}, pricing.Interval{Day: day, From: 780, To: 1080})
	}
	want.Pickup.Hours.Open = append(want.Pickup.Hours.Open, pricing.Interval{Day: time.Saturday, From: 600, To: 840})
	if diff := cmp.Diff(want, methodOf(t, shipping(goodPickup)), zones); diff != "" {
		t.Errorf("pickup (-want +got):\n%s", diff)
	}

	want = pricing.Method{ID: "courier", Title: "Courier", Kind: pricing.Flat, Price: 700, Countries: []string{"DE"},
		Local: &pricing.Local{PostalPrefixes: []string{"101", "13 3"}, Lead: 3 * time.Hour, Rounds: 3, Windows: pricing.Hours{Zone: berlin}}}
	for day := time.Sunday; day <= time.Saturday; day++ {
		want.Local.Windows.Open = append(want.Local.Windows.Open, pricing.Interval{Day: day, From: 1080, To: 1440})
	}
	if diff := cmp.Diff(want, methodOf(t, shipping(goodCourier)), zones); diff != "" {
		t.Errorf("local delivery (-want +got):\n%s", diff)
	}
	if m := methodOf(t, shipping(strings.Replace(goodPickup, "name: Shop", `timezone: UTC, type: locker, name: Shop`, 1))); m.Pickup.Hours.Zone != nil || m.Pickup.Kind != "locker" {
		t.Errorf("a locker in UTC became %+v", m.Pickup)
	}
	if m := methodOf(t, shipping(`id: post, title: Post, price: "5"`)); m.Pickup != nil || m.Local != nil {
		t.Errorf("shipping became %+v", m)
	}
}

func TestProblemsOfPlaces(t *testing.T) {
	pickup := func(change ...string) string { return shipping(strings.NewReplacer(change...).Replace(goodPickup)) }
	courier := func(change ...string) string { return shipping(strings.NewReplacer(change...).Replace(goodCourier)) }
	const hours = `; write days and hours as in "mon-fri 09:00-18:00", "sat,sun 10:00-14:00" or "daily 08:00-24:00"`
	for name, c := range map[string]struct{ text, want string }{
		"type":             {pickup("name: Shop", "type: curb, name: Shop"), `shipping[0].pickup.type: "curb" is unknown; write in_store, curbside or locker`},
		"no name":          {pickup("name: Shop at the market, ", ""), `shipping[0].pickup.name: is missing; buyers are told where to come, such as "Shop at the market"`},
		"no street":        {pickup("line_one: 1 Example Street, ", ""), `shipping[0].pickup.address.line_one: is missing; buyers are told where to come, such as "1 Market Street"`},
		"country":          {pickup("city: Berlin", "country: UK, city: Berlin"), `shipping[0].pickup.address.country: "UK" is written GB in ISO 3166-1`},
		"state":            {pickup("city: Berlin", "state: US-CA, city: Berlin"), `shipping[0].pickup.address.state: "US-CA"; give the subdivision alone, one to three upper-case letters or digits of ISO 3166-2, such as "CA"`},
		"countries":        {pickup(`price: "0"`, `price: "0", countries: [DE]`), `shipping[0].countries: what is picked up goes to no country; remove countries and regions`},
		"days":             {pickup(`price: "0"`, `price: "0", max_days: 2`), `shipping[0].min_days: ready_after and ready_days of pickup say when it is ready; remove min_days and max_days`},
		"hours":            {pickup("sat 10:00-14:00", "saturday 10-14"), `shipping[0].pickup.hours[1]: "saturday 10-14" is not a time of the week` + hours},
		"hours backwards":  {pickup("sat 10:00-14:00", "sat 14:00-10:00"), `shipping[0].pickup.hours[1]: "sat 14:00-10:00" is not a time of the week` + hours},
		"hours after 24":   {pickup("sat 10:00-14:00", "sat 10:00-24:01"), `shipping[0].pickup.hours[1]: "sat 10:00-24:01" is not a time of the week` + hours},
		"hours twice":      {pickup("sat 10:00-14:00", "fri 17:00-20:00"), `shipping[0].pickup.hours: two times of Friday overlap; write each hour once`},
		"closed":           {pickup("2026-12-25", "25.12."), `shipping[0].pickup.closed[0]: "25.12." is not a day; write it as in "2026-12-25"`},
		"ready":            {pickup("ready_after: 2h", "ready_after: -2h"), `shipping[0].pickup.ready_after: -2h0m0s is outside 0s to 168h0m0s`},
		"kept":             {pickup("keep_days: 7", "keep_days: 700"), `shipping[0].pickup.keep_days: 700 is outside 0 to 365`},
		"zone":             {pickup("name: Shop", "timezone: Berlin, name: Shop"), `shipping[0].pickup.timezone: "Berlin" is not a time zone; write one such as "America/New_York" or "Europe/Berlin"`},
		"zone of the shop": {strings.Replace(shipping(goodPickup), "timezone: Europe/Berlin", "timezone: CET+1", 1), `timezone: "CET+1" is not a time zone; write one such as "America/New_York" or "Europe/Berlin"`},
		"digital":          {pickup(`price: "0"`, "kind: digital"), `shipping[0].pickup: a method of kind "digital" is for what is not picked up; remove one of them`},
		"both":             {pickup("pickup: {", `local_delivery: {postal_prefixes: ["1"]}, pickup: {`), `shipping[0].local_delivery: a method that is picked up is not delivered; make it a method of its own`},
		"no area":          {courier(`postal_prefixes: ["101", "13 3"], `, ""), `shipping[0].local_delivery.postal_prefixes: are missing; write what the postal codes begin with that it serves, such as "941"`},
		"area":             {courier(`"13 3"`, `"13*"`), `shipping[0].local_delivery.postal_prefixes[1]: "13*"; give at most 20 letters, digits, spaces and hyphens that postal codes begin with`},
		"whole country":    {courier(`"13 3"`, `""`), `shipping[0].local_delivery.postal_prefixes[1]: is empty, which is every postal code; write what they begin with, or make it a method of shipping`},
		"windows":          {courier("daily 18:00-24:00", "evenings"), `shipping[0].local_delivery.windows[0]: "evenings" is not a time of the week` + hours},
		"windows and days": {courier(`price: "7"`, `price: "7", max_days: 1`), `shipping[0].local_delivery.windows: say when it comes already; remove min_days and max_days`},
		"lead":             {courier("lead_time: 3h", "lead_time: 500h"), `shipping[0].local_delivery.lead_time: 500h0m0s is outside 0s to 336h0m0s`},
		"rounds":           {courier("lead_time: 3h", "lead_time: 3h, rounds: 0"), `shipping[0].local_delivery.rounds: 0 is outside 1 to 20`},
		"misspelt":         {courier("lead_time", "leadtime"), `shipping[0].local_delivery.leadtime: unknown key; did you mean "lead_time"?`},
	} {
		_, err := config.Parse("checkstand.yaml", []byte(c.text), nil)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if _, said, _ := strings.Cut(lines[len(lines)-1], "merchants[0]."); said != c.want || len(lines) > 2 {
			t.Errorf("%s: %q; want %q", name, err, c.want)
		}
	}
}
