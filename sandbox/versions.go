package sandbox

import (
	"net/http"

	"github.com/checkstand/checkstand/acp"
)

// edition is what differs between the versions of the delegate_payment API.
type edition struct {
	version     acp.Version
	keyOptional bool   // Idempotency-Key is recommended only
	conflict    int    // status for a key that was used with another body
	inFlight    string // error code while the first request of a key runs
	minRisk     int    // entries of risk_signals
	maxIIN      int    // characters of payment_method.iin
	exactLast4  bool   // display_last4 is four digits, not up to four characters
}

// editions, newest first, the order in which errors list them. Codes are those
// of each version's own list: before 2026-04-17 there is no
// idempotency_in_flight, and duplicate_request says the same.
var editions = []edition{
	{version: "2026-04-17", conflict: http.StatusUnprocessableEntity, inFlight: codeInFlight, minRisk: 0, maxIIN: 8, exactLast4: true},
	{version: "2026-01-30", conflict: http.StatusConflict, inFlight: codeDuplicate, minRisk: 1, maxIIN: 6, exactLast4: true},
	{version: "2026-01-16", conflict: http.StatusConflict, inFlight: codeDuplicate, minRisk: 1, maxIIN: 8},
	{version: "2025-12-12", conflict: http.StatusConflict, inFlight: codeDuplicate, minRisk: 1, maxIIN: 6},
	{version: "2025-09-29", conflict: http.StatusConflict, inFlight: codeDuplicate, minRisk: 1, maxIIN: 8, keyOptional: true},
	{version: "2025-09-12", conflict: http.StatusConflict, inFlight: codeDuplicate, minRisk: 1, maxIIN: 6, keyOptional: true},
}

// authenticationEditions are the versions of the delegate_authentication API,
// which has dates of its own.
var authenticationEditions = []edition{
	{version: "2026-01-28", keyOptional: true, conflict: http.StatusConflict, inFlight: codeDuplicate},
}

// merchantEdition holds for the endpoints that have no API-Version.
var merchantEdition = edition{conflict: http.StatusUnprocessableEntity, inFlight: codeInFlight}

func versionsOf(list []edition) []acp.Version {
	versions := make([]acp.Version, len(list))
	for i, e := range list {
		versions[i] = e.version
	}
	return versions
}

// editionOf finds the version a request asks for, of those that there are. There is no default: a
// missing or unknown version is refused with the list of those that exist. The
// draft of the next one is taken for the newest, which says the same.
func editionOf(editions []edition, h http.Header) (edition, *acp.Error) {
	asked := acp.Version(h.Get("API-Version"))
	if asked == acp.Unreleased {
		return editions[0], nil
	}
	for _, e := range editions {
		if e.version == asked {
			return e, nil
		}
	}
	err := acp.Refused(http.StatusBadRequest, "unsupported_api_version", "",
		"This API-Version is not supported. Send one of supported_versions.")
	if asked == "" {
		err = acp.Refused(http.StatusBadRequest, "missing_api_version", "",
			"The API-Version header is missing. Send one of supported_versions.")
	}
	err.SupportedVersions = versionsOf(editions)
	return edition{}, err
}
