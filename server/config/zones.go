package config

import (
	"cmp"
	"strconv"
)

// zoneOf are the time zones of countries that keep one time, or nearly: the
// islands of some are elsewhere. A shop in any other country has to say.
var zoneOf = map[string]string{
	"AE": "Asia/Dubai", "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich",
	"CY": "Asia/Nicosia", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn",
	"ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens",
	"HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem",
	"IN": "Asia/Kolkata", "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KR": "Asia/Seoul",
	"LI": "Europe/Vaduz", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MT": "Europe/Malta",
	"NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "NZ": "Pacific/Auckland", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon",
	"RO": "Europe/Bucharest", "SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
	"TR": "Europe/Istanbul", "TW": "Asia/Taipei", "ZA": "Africa/Johannesburg",
}

// doubtZones warns of hours that no time zone was written for: they are read as
// UTC, and buyers are told to come when nobody is there.
func (m *MerchantConfig) doubtZones(r *report, at string) {
	if _, written := r.source.origins[at+".timezone"]; written || m.Timezone != "UTC" {
		return
	}
	doubt := func(path, own string, week []string) {
		if own == "" && len(week) > 0 {
			r.warnf(path, "are read as UTC, as no time zone is written; write the shop's, as in timezone: %s", cmp.Or(zoneOf[m.Country], "America/New_York"))
		}
	}
	for i := range m.Shipping {
		s, path := &m.Shipping[i], at+".shipping["+strconv.Itoa(i)+"]"
		doubt(path+".pickup.hours", s.Pickup.Timezone, s.Pickup.Hours)
		doubt(path+".local_delivery.windows", s.LocalDelivery.Timezone, s.LocalDelivery.Windows)
	}
}
