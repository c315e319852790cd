package wire

import (
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// Lengths that OpenAI's page states, in characters.
const (
	pageText = 256 // names and e-mail addresses
	pageLine = 60  // line_one, line_two, city
)

// v20250912 speaks 2025-09-12: OpenAI's published page, which the
// specification's first release came after. A buyer has one name, an address
// a phone number, and several fields are required that were optional later.
var v20250912 Codec = flat{
	rules: rules{
		items:       "items",
		buyerName:   oneName,
		provider:    true,
		addressLine: pageLine,
	},
	version:     acp.V20250912,
	provider:    cardProvider([]string{"stripe", "adyen", "braintree"}, true),
	needsDetail: true,
	phone:       true,
	text:        pageText,
	line:        pageLine,
	errorTypes:  []string{acp.InvalidRequest},
	events:      createdEvents,
	buyer:       buyer20250912,
	completable: completable20250912,
}

// buyer20250912 writes a buyer with a name. A completed session must show one:
// the name at the address stands in there for a buyer who gave none.
func buyer20250912(w *writer, s *acp.Session) {
	name := buyerName20250912(s, s.Status == acp.Completed)
	if name == "" || s.Buyer.Email == "" {
		return
	}
	w.open("buyer", '{')
	w.text("name", cut(name, pageText))
	w.text("email", s.Buyer.Email)
	w.optText("phone_number", s.Buyer.PhoneNumber)
	w.close('}')
}

// buyerName20250912 is the one name of a buyer; "" without a buyer or a name.
func buyerName20250912(s *acp.Session, completed bool) string {
	b := s.Buyer
	if b == nil {
		return ""
	}
	name := firstOf(b.FullName, strings.TrimSpace(b.FirstName+" "+b.LastName))
	if d := s.FulfillmentDetails; name == "" && completed && d != nil {
		name = d.Name
		if name == "" && d.Address != nil {
			name = d.Address.Name
		}
	}
	return name
}

// completable20250912 asks for the buyer that a completed session has to show.
func completable20250912(s *acp.Session) *acp.Error {
	switch {
	case s.Buyer == nil:
		return acp.Missing("$.buyer", "Send who buys: this API-Version shows the buyer of every completed session.")
	case s.Buyer.Email == "":
		return acp.Missing("$.buyer.email", "Send the buyer's e-mail address: this API-Version shows it in every completed session.")
	case buyerName20250912(s, true) == "":
		return acp.Missing("$.buyer.name", "Send the buyer's name: this API-Version shows it in every completed session.")
	}
	return nil
}
