package config_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

// A shop begins with the time of its country, where that has one.
func TestStarterKeepsTheTimeOfItsCountry(t *testing.T) {
	for country, zone := range map[string]string{"DE": "Europe/Berlin", "AT": "Europe/Vienna", "FR": "Europe/Paris", "ES": "Europe/Madrid",
		"JP": "Asia/Tokyo", "GB": "Europe/London", "US": "UTC", "BR": "UTC"} {
		text := string(config.Starter(config.StarterOptions{Country: country}))
		if got := parse(t, text).Merchants[0].Timezone; got != zone {
			t.Errorf("%s: %s; want %s", country, got, zone)
		}
		if asked := strings.Contains(text, "# timezone: "); asked != (zone == "UTC") {
			t.Errorf("%s: asked for the time zone: %t", country, asked)
		}
	}
}

// The hours of a starter file, once they are in use, are warned of until there
// is a time zone; other countries have none to be warned of.
func TestStarterHoursWithoutAZone(t *testing.T) {
	for country, want := range map[string]int{"US": 2, "DE": 0} {
		text := string(config.Starter(config.StarterOptions{Country: country}))
		_, rest, _ := strings.Cut(text, "      # - id: pickup\n")
		commented, _, _ := strings.Cut("      # - id: pickup\n"+rest, "\n\n")
		used := strings.ReplaceAll(commented, "      # ", "      ")
		if w := parse(t, strings.Replace(text, commented, used, 1)).Warnings(); len(w) != want {
			t.Errorf("%s: warnings %v", country, w)
		}
	}
}

func TestHoursWithoutAZone(t *testing.T) {
	none := func(keys string) string {
		return strings.Replace(shipping(keys), "    timezone: Europe/Berlin\n", "", 1)
	}
	const says = "as no time zone is written; write the shop's, as in timezone: Europe/Berlin"
	for name, c := range map[string]struct {
		text, want string
		environ    []string
	}{
		"pickup":          {text: none(goodPickup), want: "merchants[0].shipping[0].pickup.hours: are read as UTC, " + says},
		"courier":         {text: none(goodCourier), want: "merchants[0].shipping[0].local_delivery.windows: are read as UTC, " + says},
		"elsewhere":       {text: strings.Replace(none(goodCourier), "country: DE", "country: US", 1), want: "timezone: America/New_York"},
		"of the shop":     {text: shipping(goodPickup)},
		"UTC on purpose":  {text: strings.Replace(shipping(goodPickup), "Europe/Berlin", "UTC", 1)},
		"by environment":  {text: none(goodPickup), environ: []string{"CHECKSTAND_MERCHANTS_0_TIMEZONE=UTC"}},
		"of the place":    {text: none(strings.Replace(goodPickup, "name: Shop", "timezone: Europe/Berlin, name: Shop", 1))},
		"of the courier":  {text: none(strings.Replace(goodCourier, "lead_time", "timezone: Europe/Berlin, lead_time", 1))},
		"always open":     {text: none(`id: shop, title: Shop, price: "0", pickup: {name: Shop, address: {line_one: 1 Example Street, city: Berlin}}`)},
		"nothing of both": {text: none(`id: post, title: Post, price: "5"`)},
	} {
		if got := doubtsOf(t, c.text, c.environ...); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q; want %q", name, got, c.want)
		}
	}
}
