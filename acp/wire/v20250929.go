package wire

import (
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// v20250929 speaks 2025-09-29, the first release of the specification.
var v20250929 Codec = flat{
	rules: rules{
		items:       "items",
		buyerName:   firstAndLast,
		provider:    true,
		addressLine: acp.MaxAddressLine,
	},
	version:    acp.V20250929,
	provider:   cardProvider([]string{"stripe"}, false),
	errorTypes: errorTypes,
	events:     createEvents,
	buyer:      buyer20250929,
}

// errorTypes are the types of an error in every version but the page.
var errorTypes = []string{acp.InvalidRequest, acp.ProcessingError, acp.ServiceUnavailable}

// buyer20250929 writes a buyer with both names, taking a full name apart at
// its last space; without both it is left out.
func buyer20250929(w *writer, s *acp.Session) {
	b := s.Buyer
	if b == nil || b.Email == "" {
		return
	}
	first, last := b.FirstName, b.LastName
	if first == "" || last == "" {
		i := strings.LastIndexByte(b.FullName, ' ')
		if i < 0 {
			return
		}
		first, last = b.FullName[:i], b.FullName[i+1:]
		if first == "" || last == "" {
			return
		}
	}
	w.open("buyer", '{')
	w.text("first_name", first)
	w.text("last_name", last)
	w.text("email", b.Email)
	w.optText("phone_number", b.PhoneNumber)
	w.close('}')
}
