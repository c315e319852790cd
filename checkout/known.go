package checkout

import (
	"slices"

	"github.com/checkstand/checkstand/acp"
)

// known refuses a purchase for which too little is known of who buys: for a
// discount that is counted by buyer, for goods that travel by e-mail, or for the
// answer in the caller's version. A session is ready without a buyer, since
// agents send it with the payment at the latest.
func (p *purchase) known(sess *Session) *acp.Error {
	e := p.unknown(sess)
	if e != nil && p.req.Buyer == nil {
		e.Param = "$.buyer" // of the request, which has none
	}
	return e
}

func (p *purchase) unknown(sess *Session) *acp.Error {
	if e := sess.countable(p.merchant); e != nil {
		return e
	}
	if sess.Status == acp.NotReadyForPayment {
		return nil // it says itself what it lacks, and nothing is charged
	}
	if e := sess.reachable(); e != nil {
		return e
	}
	if p.call.Completable == nil {
		return nil
	}
	return p.call.Completable(&sess.Session)
}

// reachable refuses electronic goods that nobody could send anywhere. What is
// sent or picked up needs no e-mail address: it has an address, or a place.
func (s *Session) reachable() *acp.Error {
	if len(s.DigitalLines) == 0 || s.Buyer != nil && s.Buyer.Email != "" || s.FulfillmentDetails != nil && s.FulfillmentDetails.Email != "" {
		return nil
	}
	for _, line := range s.DigitalLines {
		if !slices.ContainsFunc(s.FulfillmentGroups, func(g acp.FulfillmentGroup) bool {
			return g.FulfillmentDetails != nil && g.FulfillmentDetails.Email != "" && slices.Contains(g.ItemIDs, line)
		}) {
			return acp.Missing("$.buyer.email", "Something in this session is delivered by e-mail. Send the buyer's e-mail address with the payment.")
		}
	}
	return nil
}
