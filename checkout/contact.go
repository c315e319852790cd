package checkout

import (
	"net/http"

	"github.com/checkstand/checkstand/acp"
)

// contact applies what a complete request changes of the delivery in the last
// moment (FUL-11): to whom the goods go, and where, as long as that cannot
// change the price. Another destination is refused: its total was never shown.
func (p *purchase) contact(sess *Session) *acp.Error {
	change := p.req.FulfillmentDetails
	if !change.Set || change.Null && sess.FulfillmentDetails == nil {
		return nil
	}
	before := destination(sess.FulfillmentDetails)
	sess.patchPeople(acp.UpdateRequest{FulfillmentDetails: change})
	if destination(sess.FulfillmentDetails) != before {
		return acp.Refused(http.StatusConflict, acp.CodeConflict, addressParam,
			"This address may change the total. Update the session with it, show the buyer the new total, and complete it then.")
	}
	if d := sess.FulfillmentDetails; d != nil && d.Address != nil && change.Value.Address.Set {
		if wrong := checkAddress(d.Address, addressParam, english); len(wrong) > 0 {
			return acp.Invalid(wrong[0].Param, wrong[0].Content)
		}
	}
	return nil
}
