package sandbox

// issuerAnswer is what a card's issuer says when it is asked to authenticate
// the buyer, in the letters of 3-D Secure's transStatus.
type issuerAnswer string

const (
	answersYes         issuerAnswer = "Y" // authenticated, without asking the buyer
	answersAttempted   issuerAnswer = "A" // proof that it was tried
	answersNo          issuerAnswer = "N" // not authenticated
	answersRejected    issuerAnswer = "R" // rejected: must not be charged
	answersUnavailable issuerAnswer = "U" // could not be done
	answersChallenge   issuerAnswer = "C" // the buyer is asked
	notEnrolled        issuerAnswer = ""  // the card takes no part in 3-D Secure
)

// issuers says what the issuers of certain test cards answer. The numbers are
// those that gateways have in common.
var issuers = map[string]issuerAnswer{
	"4000002760003184": answersChallenge,
	"4917610000000000": answersChallenge,
	"5200000000002235": answersYes,
	"4000000000002701": answersYes,
	"4000000000002719": answersAttempted,
	"4000000000002925": answersNo,
	"4000000000002537": answersRejected,
	"4000000000002313": answersUnavailable,
}

// issuerOf is what the issuer of a card answers. One that is not in the list
// authenticates without asking; of brands that the protocol knows no directory
// server of, no card takes part.
func issuerOf(c TestCard) issuerAnswer {
	if a, listed := issuers[c.Number]; listed {
		return a
	}
	if _, known := indicators[c.Brand]; !known {
		return notEnrolled
	}
	return answersYes
}

// indicators are the electronic commerce indicators of a directory server, for
// a buyer who was authenticated and for one where it was only tried.
var indicators = map[string]struct{ authenticated, attempted string }{
	"visa":       {"05", "06"},
	"amex":       {"05", "06"},
	"mastercard": {"02", "01"},
}
