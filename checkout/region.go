package checkout

import "strings"

// regionNames gives the code of a subdivision by its name in lower case, for
// the countries where agents send names as often as codes and where tax
// depends on it. Elsewhere what was sent is taken as it is.
var regionNames = map[string]map[string]string{
	"AU": {
		"australian capital territory": "ACT", "new south wales": "NSW", "northern territory": "NT", "queensland": "QLD",
		"south australia": "SA", "tasmania": "TAS", "victoria": "VIC", "western australia": "WA",
	},
	"CA": {
		"alberta": "AB", "british columbia": "BC", "manitoba": "MB", "new brunswick": "NB", "newfoundland and labrador": "NL",
		"northwest territories": "NT", "nova scotia": "NS", "nunavut": "NU", "ontario": "ON", "prince edward island": "PE",
		"quebec": "QC", "québec": "QC", "saskatchewan": "SK", "yukon": "YT",
	},
	"US": {
		"alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
		"connecticut": "CT", "delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA", "hawaii": "HI",
		"idaho": "ID", "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA",
		"maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS",
		"missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ",
		"new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND", "ohio": "OH", "oklahoma": "OK",
		"oregon": "OR", "pennsylvania": "PA", "puerto rico": "PR", "rhode island": "RI", "south carolina": "SC",
		"south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT", "virginia": "VA",
		"washington": "WA", "washington, d.c.": "DC", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
	},
}

// regionCode turns a state as an agent writes it ("CA", "US-CA", "California")
// into the code that tax tables and delivery methods use.
func regionCode(country, state string) string {
	state = strings.TrimSpace(state)
	if code, ok := regionNames[country][strings.ToLower(state)]; ok {
		return code
	}
	return strings.TrimPrefix(strings.ToUpper(state), country+"-")
}

// regionKnown reports whether a state is one of the country's, as far as the
// country's are known here.
func regionKnown(country, code string) bool {
	names := regionNames[country]
	if names == nil {
		return true
	}
	for _, known := range names {
		if known == code {
			return true
		}
	}
	return false
}
