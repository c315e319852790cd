package mcp

import (
	"maps"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
)

// besideSession is what the widget is told of a session and the payment sheet's
// session has no member for. Every member is left out where it says nothing.
type besideSession struct {
	// Status is the session's own where the sheet knows it by another one:
	// pending_approval, authentication_required.
	Status acp.Status `json:"status,omitempty"`
	// Totals are there when the sheet shows several of them as one.
	Totals []besideTotal `json:"totals,omitempty"`
	// Ways are pickup or local_delivery, by the ids of the options that the sheet
	// shows as shipping.
	Ways map[string]acp.FulfillmentType `json:"ways,omitempty"`
	// Delivers says that there are more ways than to pick it up, once there is an
	// address.
	Delivers bool `json:"delivers,omitempty"`
	// Deliveries are there when the order comes in several.
	Deliveries []besideDelivery `json:"deliveries,omitempty"`
	GiftWrap   *besideGiftWrap  `json:"gift_wrap,omitempty"`
	Tip        *besideTip       `json:"tip,omitempty"`
	Consents   []besideConsent  `json:"marketing_consents,omitempty"`
}

type besideTotal struct {
	Type   acp.TotalType `json:"type"`
	Text   string        `json:"display_text"`
	Amount int64         `json:"amount"`
}

// besideDelivery is an option and the lines that it carries.
type besideDelivery struct {
	OptionID string   `json:"option_id"`
	Lines    []string `json:"line_ids"`
}

// besideGiftWrap is what wrapping costs, in minor units as prices are listed.
type besideGiftWrap struct {
	Price   int64 `json:"price"`
	Enabled bool  `json:"enabled"`
}

// besideTip has amounts in minor units.
type besideTip struct {
	Amount      int64   `json:"amount"`
	Most        int64   `json:"max"`
	Suggestions []int64 `json:"suggestions,omitempty"`
}

// besideConsent is a question, and the answer so far.
type besideConsent struct {
	Channel string `json:"channel"`
	Text    string `json:"display_text"`
	Policy  string `json:"privacy_policy_url,omitempty"`
	OptedIn bool   `json:"opted_in"`
}

// told is what comes with a session for the widget alone.
func (a *app) told(sess *checkout.Session, shown *acp.Session, m *checkout.Merchant) *sdk.Meta {
	meta := a.beside(shown, func(code string) string { return m.DiscountName(sess, code) })
	b := besideSession{Totals: ownTotals(shown.Totals), Deliveries: deliveries(shown)}
	switch shown.Status {
	case acp.PendingApproval, acp.AuthenticationRequired:
		b.Status = shown.Status
	}
	for _, o := range shown.FulfillmentOptions {
		if o.Type == acp.FulfillmentPickup || o.Type == acp.FulfillmentLocalDelivery {
			if b.Ways == nil {
				b.Ways = map[string]acp.FulfillmentType{}
			}
			b.Ways[o.ID] = o.Type
		}
	}
	b.Delivers = b.Ways != nil && slices.ContainsFunc(m.Methods, func(of pricing.Method) bool {
		return of.Way() != pricing.PickedUp && of.Way() != pricing.Digital
	})
	if shown.Status == acp.NotReadyForPayment || shown.Status == acp.ReadyForPayment {
		b.offer(sess, m)
	}
	if b.empty() {
		return meta
	}
	more := maps.Clone(*meta)
	more["checkstand/checkout"] = b
	return &more
}

func (b *besideSession) empty() bool {
	return b.Status == "" && b.Totals == nil && b.Ways == nil && b.Deliveries == nil && b.GiftWrap == nil && b.Tip == nil && b.Consents == nil
}

// offer adds what the buyer may ask for beside goods and delivery, and is asked.
func (b *besideSession) offer(sess *checkout.Session, m *checkout.Merchant) {
	if m.Wraps(sess) {
		b.GiftWrap = &besideGiftWrap{Price: m.WrapPrice(sess), Enabled: sess.Wrap != nil}
	}
	if m.MaxTip > 0 {
		b.Tip = &besideTip{Amount: sess.Tip, Most: m.MaxTip}
		for _, s := range m.SuggestedTips(sess) {
			b.Tip.Suggestions = append(b.Tip.Suggestions, s.Amount)
		}
	}
	for _, o := range m.ConsentsOf(sess) {
		at := slices.IndexFunc(sess.Consents, func(c checkout.Consent) bool { return c.Channel == o.Channel })
		b.Consents = append(b.Consents, besideConsent{Channel: o.Channel, Text: o.DisplayText, Policy: o.PrivacyPolicyURL,
			OptedIn: at >= 0 && sess.Consents[at].OptedIn})
	}
}

// ownTotals are the totals under their own names, nil where the sheet has them
// all.
func ownTotals(totals []acp.Total) []besideTotal {
	var list []besideTotal
	folded := false
	for _, t := range totals {
		switch t.Type {
		case acp.TotalGiftWrap, acp.TotalTip, acp.TotalStoreCredit:
			folded = true
		}
		list = append(list, besideTotal{t.Type, t.DisplayText, t.Amount})
	}
	if !folded {
		return nil
	}
	return list
}

// deliveries are those of a session that has more than the one which the sheet
// can show.
func deliveries(s *acp.Session) []besideDelivery {
	if len(s.SelectedFulfillmentOptions) < 2 {
		return nil
	}
	list := make([]besideDelivery, len(s.SelectedFulfillmentOptions))
	for i, sel := range s.SelectedFulfillmentOptions {
		list[i] = besideDelivery{sel.OptionID, sel.ItemIDs}
	}
	return list
}
