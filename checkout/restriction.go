package checkout

import (
	"slices"
	"strconv"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// Restriction is a rule on who may buy some items and where they may go.
type Restriction struct {
	Scope  pricing.Scope
	MinAge int64    // in years; 0 is any
	NotIn  []string // countries and regions, as in "SA" or "US-UT"
}

// AgeCheck is what the shop takes as proof of a buyer's age; "" is nothing, so
// that agents cannot sell what has a least age.
type AgeCheck string

// AgeOfAuthenticated takes an agent's word that it has authenticated the buyer;
// which ages it authenticates is between the shop and the agent.
const AgeOfAuthenticated AgeCheck = "authenticated"

// provesAge reports whether the buyer's age is taken as proved. The protocol has
// no word for an age; that the agent has authenticated the buyer is all that it
// can say.
func (s *Session) provesAge(m *Merchant) bool {
	return m.AgeCheck == AgeOfAuthenticated && s.Buyer != nil && s.Buyer.AuthenticationStatus == "authenticated"
}

// restrict tells of lines that this buyer cannot have, or not there. The cart
// knows where each goes.
func (s *Session) restrict(m *Merchant, t *text.Texts, cart *pricing.Cart, items map[string]*catalog.Item) []acp.Message {
	var msgs []acp.Message
	undecided := false
	for i := range cart.Lines {
		l := &cart.Lines[i]
		it := items[l.ItemID]
		if it == nil {
			continue // it cannot be had at all
		}
		minAge, notIn := it.MinAge, it.NotSoldIn
		for j := range m.Restrictions {
			if r := &m.Restrictions[j]; r.Scope.Covers(l) {
				minAge, notIn = max(minAge, r.MinAge), append(slices.Clip(notIn), r.NotIn...)
			}
		}
		to := l.To
		if !to.Known() {
			to = cart.Destination
		}
		switch {
		case len(notIn) > 0 && !to.Known() && l.Digital:
			undecided = true
		case to.Known() && slices.ContainsFunc(notIn, func(place string) bool { return place == to.Country || place == to.Country+"-"+to.Region }):
			msgs = append(msgs, *blockingMessage(acp.CodeRegionRestricted, lineParam(i), t.Say("policy.place", "item", it.Title)))
		}
		if minAge > 0 && !s.provesAge(m) {
			msgs = append(msgs, *blockingMessage(acp.CodeAgeVerificationRequired, lineParam(i),
				t.Say("policy.age", "item", it.Title, "age", strconv.FormatInt(minAge, 10))))
		}
	}
	if undecided {
		msgs = append(msgs, *blockingMessage(acp.CodeMissing, addressParam, t.Say("policy.no_address")))
	}
	return msgs
}
