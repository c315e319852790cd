package config

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that time zones are known on a machine without any

	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/pricing"
)

// PickupConfig makes a way of delivery one that the buyer comes for.
type PickupConfig struct {
	Type         string              `yaml:"type" default:"in_store" doc:"What the place is: in_store, curbside or locker."`
	Name         string              `yaml:"name" doc:"The place as buyers know it, such as \"Shop at the market\". With a name the method is one to pick goods up; its price is usually \"0\"."`
	Address      PickupAddressConfig `yaml:"address,omitempty"`
	Phone        string              `yaml:"phone,omitempty" doc:"Telephone number of the place."`
	Instructions string              `yaml:"instructions,omitempty" doc:"What to do there, such as \"Ring at the side door\"."`
	Timezone     string              `yaml:"timezone,omitempty" doc:"Time zone of the hours, such as \"America/New_York\"; the shop's when not set."`
	Hours        []string            `yaml:"hours,omitempty" doc:"When it is open, such as [\"mon-fri 09:00-18:00\", \"sat 10:00-14:00\"] or \"daily 08:00-20:00\"; always when not set."`
	Closed       []string            `yaml:"closed,omitempty" doc:"Days on which it is closed all the same, such as [\"2026-12-25\"]."`
	ReadyAfter   time.Duration       `yaml:"ready_after" default:"0s" doc:"How long it takes from the order until the goods are ready, counted in opening hours, such as \"2h\"."`
	ReadyDays    int                 `yaml:"ready_days" default:"0" doc:"Open days after that of the order on which this begins; 0 is at once."`
	KeepDays     int                 `yaml:"keep_days" default:"0" doc:"For how many days the goods are kept; 0 says nothing about it."`
}

// PickupAddressConfig is where a place is. What is picked up there is taxed
// there.
type PickupAddressConfig struct {
	LineOne    string `yaml:"line_one" doc:"Street and number."`
	LineTwo    string `yaml:"line_two,omitempty" doc:"Floor, or what else helps to find it."`
	City       string `yaml:"city" doc:"City."`
	State      string `yaml:"state,omitempty" doc:"Subdivision without its country, such as \"NY\"; it decides the tax."`
	PostalCode string `yaml:"postal_code,omitempty" doc:"Postal code; it may decide the tax."`
	Country    string `yaml:"country,omitempty" doc:"ISO 3166-1 alpha-2 code; the shop's country when not set."`
}

// LocalDeliveryConfig makes a way of delivery a courier's round.
type LocalDeliveryConfig struct {
	PostalPrefixes []string      `yaml:"postal_prefixes,omitempty" doc:"What the postal codes begin with that it serves, such as [\"100\", \"1120\"]. With any the method is a local delivery; countries are the shop's own when not set."`
	Timezone       string        `yaml:"timezone,omitempty" doc:"Time zone of the windows, such as \"America/New_York\"; the shop's when not set."`
	Windows        []string      `yaml:"windows,omitempty" doc:"When it comes, such as [\"mon-fri 18:00-21:00\"]; buyers choose among the next ones. Without any, min_days and max_days say when."`
	Closed         []string      `yaml:"closed,omitempty" doc:"Days on which it does not come all the same, such as [\"2026-12-25\"]."`
	LeadTime       time.Duration `yaml:"lead_time" default:"0s" doc:"How long before a window begins the order must come, such as \"3h\"."`
	Rounds         int           `yaml:"rounds" default:"3" doc:"How many of the next windows are offered."`
}

// place reads what makes a method something else than shipping.
func (s *ShippingConfig) place(r *report, at string, shop *MerchantConfig, m *pricing.Method) {
	if isSet(s.Pickup) {
		p := &s.Pickup
		at := at + ".pickup"
		country := p.Address.Country
		if country == "" {
			country = shop.Country
			r.follows(at+".address.country", shop)
		}
		m.Pickup = &pricing.Pickup{Kind: p.Type, ReadyAfter: p.ReadyAfter, ReadyDays: p.ReadyDays, KeepDays: p.KeepDays,
			Hours: r.hours(at, "hours", p.Hours, p.Closed, p.Timezone, shop.Timezone),
			Location: pricing.Location{Name: p.Name, LineOne: p.Address.LineOne, LineTwo: p.Address.LineTwo, City: p.Address.City,
				Region: p.Address.State, PostalCode: p.Address.PostalCode, Country: country, Phone: p.Phone, Instructions: p.Instructions}}
		r.oneOf(at+".type", p.Type, pricing.PickupKinds...)
	}
	if isSet(s.LocalDelivery) {
		l := &s.LocalDelivery
		outer, at := at, at+".local_delivery"
		m.Local = &pricing.Local{PostalPrefixes: l.PostalPrefixes, Lead: l.LeadTime, Rounds: l.Rounds,
			Windows: r.hours(at, "windows", l.Windows, l.Closed, l.Timezone, shop.Timezone)}
		if len(m.Countries) == 0 {
			if r.follows(outer+".countries", shop); shop.Country != "" {
				m.Countries = []string{shop.Country}
			}
		}
	}
}

// follows leaves a key that has the shop's country in its place out of the
// report when that is wrong: it is told once, where it is written.
func (r *report) follows(path string, shop *MerchantConfig) {
	if !iso3166.IsCountry(shop.Country) {
		r.failed[path] = true
	}
}

// hours reads the hours of a week and the days without any. zones are the names
// of the time zone: the group's own, "" for none, and the shop's.
func (r *report) hours(at, key string, week, closed []string, own, shop string) pricing.Hours {
	var h pricing.Hours
	if own != "" {
		r.zone(at+".timezone", own)
	}
	if z, err := time.LoadLocation(cmp.Or(own, shop)); err == nil && z != time.UTC {
		h.Zone = z
	}
	for i, text := range week {
		open, ok := parseHours(text)
		if !ok {
			r.errorf(at+"."+key+"["+strconv.Itoa(i)+"]", "%q is not a time of the week; write days and hours as in \"mon-fri 09:00-18:00\", \"sat,sun 10:00-14:00\" or \"daily 08:00-24:00\"", clip(text))
		}
		h.Open = append(h.Open, open...)
	}
	h.Sort()
	for i, text := range closed {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			r.errorf(at+".closed["+strconv.Itoa(i)+"]", "%q is not a day; write it as in \"2026-12-25\"", clip(text))
			continue
		}
		h.Closed = append(h.Closed, pricing.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()})
	}
	return h
}

// zone checks the name of a time zone.
func (r *report) zone(path, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		r.errorf(path, "%q is not a time zone; write one such as \"America/New_York\" or \"Europe/Berlin\"", clip(name))
	}
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseHours reads "mon-fri 09:00-12:00,13:00-18:00": days or ranges of days,
// then times or ranges of them, each separated by commas.
func parseHours(text string) ([]pricing.Interval, bool) {
	days, hours, found := strings.Cut(strings.ToLower(strings.TrimSpace(text)), " ")
	if !found {
		return nil, false
	}
	on, ok := parseDays(days)
	if !ok {
		return nil, false
	}
	var open []pricing.Interval
	for _, span := range strings.Split(strings.ReplaceAll(hours, " ", ""), ",") {
		first, last, _ := strings.Cut(span, "-")
		from, begins := parseClock(first)
		to, ends := parseClock(last)
		if !begins || !ends || from >= to {
			return nil, false
		}
		for day, is := range on {
			if is {
				open = append(open, pricing.Interval{Day: time.Weekday(day), From: from, To: to})
			}
		}
	}
	return open, true
}

// parseDays reads "mon-fri,sun" or "daily".
func parseDays(text string) (on [7]bool, ok bool) {
	if text == "daily" {
		return [7]bool{true, true, true, true, true, true, true}, true
	}
	for _, span := range strings.Split(text, ",") {
		first, last, ranged := strings.Cut(span, "-")
		from, begins := weekday(first)
		to, ends := weekday(last)
		if !ranged {
			to, ends = from, begins
		}
		if !begins || !ends {
			return on, false
		}
		for day := from; ; day = (day + 1) % 7 {
			on[day] = true
			if day == to {
				break
			}
		}
	}
	return on, true
}

func weekday(text string) (int, bool) {
	for day, name := range weekdays {
		if text == name {
			return day, true
		}
	}
	return 0, false
}

// parseClock reads a time of day such as "9:30" or "24:00" as minutes.
func parseClock(text string) (minutes int, ok bool) {
	hour, minute, found := strings.Cut(text, ":")
	h, err := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(minute, 10, 8)
	minutes = int(h)*60 + int(m)
	return minutes, found && err == nil && err2 == nil && len(hour) <= 2 && len(minute) == 2 && m < 60 && minutes <= 24*60
}

// IsZero reports whether the method is not one to pick goods up. Defaults do not
// count.
func (p PickupConfig) IsZero() bool { return !isSet(p) }

// IsZero reports whether the method is no local delivery. Defaults do not count.
func (l LocalDeliveryConfig) IsZero() bool { return !isSet(l) }
