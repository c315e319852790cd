package checkout

import (
	"regexp"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/iso3166"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// postalCodes holds the form of the postal codes of the countries where a wrong
// one is sure to be a mistake. Elsewhere any code is taken.
var postalCodes = map[string]*regexp.Regexp{
	"AT": regexp.MustCompile(`^[0-9]{4}$`),
	"AU": regexp.MustCompile(`^[0-9]{4}$`),
	"BE": regexp.MustCompile(`^[0-9]{4}$`),
	"CA": regexp.MustCompile(`^[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]$`),
	"CH": regexp.MustCompile(`^[0-9]{4}$`),
	"DE": regexp.MustCompile(`^[0-9]{5}$`),
	"DK": regexp.MustCompile(`^[0-9]{4}$`),
	"ES": regexp.MustCompile(`^[0-9]{5}$`),
	"FR": regexp.MustCompile(`^[0-9]{5}$`),
	"GB": regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}$`),
	"IT": regexp.MustCompile(`^[0-9]{5}$`),
	"JP": regexp.MustCompile(`^[0-9]{3}-?[0-9]{4}$`),
	"NL": regexp.MustCompile(`^[0-9]{4} ?[A-Z]{2}$`),
	"NO": regexp.MustCompile(`^[0-9]{4}$`),
	"PL": regexp.MustCompile(`^[0-9]{2}-?[0-9]{3}$`),
	"SE": regexp.MustCompile(`^[0-9]{3} ?[0-9]{2}$`),
	"US": regexp.MustCompile(`^[0-9]{5}(-[0-9]{4})?$`),
}

const addressParam = "$.fulfillment_details.address"

// checkAddress looks for what makes the address at a path undeliverable whoever
// delivers, all of it at once: nobody mends an address field by field.
func checkAddress(a *acp.Address, param string, t *text.Texts) (wrong []acp.Message) {
	if !iso3166.IsCountry(a.Country) {
		return []acp.Message{*blockingMessage(acp.CodeInvalid, param+".country", t.Say("address.country"))}
	}
	if re := postalCodes[a.Country]; re != nil && !re.MatchString(strings.ToUpper(strings.TrimSpace(a.PostalCode))) {
		wrong = append(wrong, *blockingMessage(acp.CodeInvalid, param+".postal_code", t.Say("address.postal_code")))
	}
	if code := regionCode(a.Country, a.State); !regionKnown(a.Country, code) && !postalStates[a.Country+"-"+code] {
		wrong = append(wrong, *blockingMessage(acp.CodeInvalid, param+".state", t.Say("address.state")))
	}
	return wrong
}

// AddressMisfits are the members of an address that cannot be right, such as
// "postal_code", whoever delivers to it.
func AddressMisfits(a *acp.Address) (members []string) {
	for _, wrong := range checkAddress(a, "", english) {
		members = append(members, strings.TrimPrefix(wrong.Param, "."))
	}
	return members
}

// postalStates are states in addresses of the United States that are no state:
// territories and military mail.
var postalStates = map[string]bool{"US-AA": true, "US-AE": true, "US-AP": true, "US-AS": true, "US-GU": true, "US-MP": true, "US-VI": true}

// destination is what pricing needs of an address.
func destination(d *acp.FulfillmentDetails) pricing.Destination {
	if d == nil || d.Address == nil {
		return pricing.Destination{}
	}
	a := d.Address
	return pricing.Destination{Country: a.Country, PostalCode: a.PostalCode, Region: regionCode(a.Country, a.State)}
}
