package sandbox

import (
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of what a buyer types. maxExpiry is shorter than a card number, so
// that none is ever written back in its place.
const (
	maxPayForm  = 8 << 10 // bytes of the form as it is sent
	maxNumber   = 40      // characters of a card number with its spaces
	maxExpiry   = 9       // characters of an expiry date: "11 / 2029"
	maxCVC      = 4
	maxCardName = 100
	maxAction   = 64 // bytes of a button's value and of a challenge's id
)

// Buttons of a payment page.
const (
	actionPay     = "pay"
	actionCancel  = "cancel"
	actionApprove = "approve"
	actionRefuse  = "refuse"
)

// payForm is what a payment page sends.
type payForm struct {
	action    string
	challenge string
	number    string // digits only, as far as it is a number
	expiry    string
	cvc       string
	name      string
}

// errPayForm is returned for a body that no payment page sends.
var errPayForm = errors.New("not the form of a payment page")

// decodePayForm reads the form. Fields that it does not have are ignored, and
// of one that comes twice the first counts.
func decodePayForm(body []byte) (payForm, error) {
	if len(body) > maxPayForm {
		return payForm{}, errPayForm
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return payForm{}, errPayForm // the error would quote the body
	}
	get := func(name string) string { return strings.TrimSpace(strings.ToValidUTF8(values.Get(name), "")) }
	f := payForm{action: get("action"), challenge: get("challenge"), number: get("number"), expiry: get("expiry"), cvc: get("cvc"), name: get("name")}
	if len(f.action) > maxAction || len(f.challenge) > maxAction {
		return payForm{}, errPayForm
	}
	return f, nil
}

// fieldError is what is wrong with a field, by the field's name.
type fieldError struct {
	Field string
	Says  phrase
}

// card finds the test card that the form describes, or says everything that is
// wrong with it.
func (f payForm) card(now time.Time) (TestCard, []fieldError) {
	var wrong []fieldError
	add := func(field, key string, values ...any) { wrong = append(wrong, fieldError{field, phrase{key, values}}) }
	number := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(f.number)
	card, known := testCard(number)
	switch {
	case f.number == "":
		add("number", "sandbox.needs_number")
	case len(f.number) > maxNumber || !validPAN(number):
		add("number", "sandbox.short_number")
	case !known:
		add("number", "sandbox.not_test")
	}
	year, month, ok := parseExpiry(f.expiry)
	switch {
	case f.expiry == "":
		add("expiry", "sandbox.needs_expiry")
	case !ok:
		add("expiry", "sandbox.bad_expiry", "example", "11/"+now.AddDate(3, 0, 0).Format("06"))
	case year < now.Year() || year == now.Year() && month < now.Month():
		add("expiry", "sandbox.past")
	}
	switch {
	case f.cvc == "":
		add("cvc", "sandbox.needs_cvc")
	case !digits(f.cvc, 3, maxCVC):
		add("cvc", "sandbox.bad_cvc")
	}
	switch {
	case f.name == "":
		add("name", "sandbox.needs_name")
	case utf8.RuneCountInString(f.name) > maxCardName:
		add("name", "sandbox.long_name", "count", maxCardName)
	case holdsNumber(f.name):
		add("name", "sandbox.name_is_number")
	}
	return card, wrong
}

// forgetCard leaves of the form what may be shown again: never the card number
// or the security code, wherever they were typed.
func (f payForm) forgetCard() payForm {
	f.number, f.cvc = "", ""
	if len(f.expiry) > maxExpiry {
		f.expiry = ""
	}
	if holdsNumber(f.name) {
		f.name = ""
	}
	return f
}

// holdsNumber reports whether text has as many digits as a card number.
func holdsNumber(text string) bool {
	n := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n >= minPAN
}

// parseExpiry reads a month and a year as people write them: 11/29, 11/2029,
// 11-29, 1129.
func parseExpiry(s string) (year int, month time.Month, ok bool) {
	s = strings.NewReplacer(" ", "", "-", "/", ".", "/").Replace(s)
	m, y, cut := strings.Cut(s, "/")
	if !cut && len(s) >= 4 {
		m, y = s[:2], s[2:]
	}
	if !digits(m, 1, 2) || !digits(y, 2, 4) || len(y) == 3 {
		return 0, 0, false
	}
	for _, c := range y {
		year = year*10 + int(c-'0')
	}
	if len(y) == 2 {
		year += 2000
	}
	n := 0
	for _, c := range m {
		n = n*10 + int(c-'0')
	}
	return year, time.Month(n), n >= 1 && n <= 12
}
