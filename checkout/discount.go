package checkout

import (
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/text"
)

// Discount is a rule of pricing and who may use it, when and how often.
type Discount struct {
	pricing.Discount
	Name string
	// Names is Name in other languages.
	Names text.Own
	// Code is what a buyer enters, in any case; "" applies by itself.
	Code string
	// Starts and Ends bound when it can be used; the zero time is no bound. A
	// price that is binding keeps it until the quote ends.
	Starts, Ends time.Time

	// RequiresLogin asks for a buyer whom the agent has authenticated.
	RequiresLogin bool
	// Customers and Tiers of the loyalty programme that it is for; one of them
	// suffices, and with neither it is for everybody.
	Customers, Tiers []string

	// MaxUses bounds the purchases with it, MaxUsesPerBuyer those of one buyer;
	// 0 is no bound. Test mode and live mode are counted apart.
	MaxUses, MaxUsesPerBuyer int64
}

// Discounts are those of one shop. The nil Discounts are none.
type Discounts struct {
	all       []Discount
	byID      map[string]*Discount
	byCode    map[string]*Discount
	automatic []*Discount
	personal  bool // whether who buys makes a difference
}

// NewDiscounts takes over a list that pricing.ValidateDiscounts has found in
// order and in which no code is there twice. It is nil for an empty list.
func NewDiscounts(list []Discount) *Discounts {
	if len(list) == 0 {
		return nil
	}
	all := &Discounts{all: list, byID: make(map[string]*Discount, len(list)), byCode: map[string]*Discount{}}
	for i := range list {
		d := &list[i]
		all.byID[d.ID] = d
		if d.Code == "" {
			all.automatic = append(all.automatic, d)
		} else {
			all.byCode[FoldCode(d.Code)] = d
		}
		all.personal = all.personal || d.isPersonal()
	}
	return all
}

// All lists them in their own order. They are shared and not to be written to.
func (ds *Discounts) All() []Discount {
	if ds == nil {
		return nil
	}
	return ds.all
}

// FoldCode is a code as codes are compared: without regard to case, and to
// blanks around it.
func FoldCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// hasDiscounts reports whether the shop has any, and so speaks the protocol's
// extension for them.
func (m *Merchant) hasDiscounts() bool { return m.Discounts != nil }

// TakeCodes reports whether there is anything for a buyer to enter.
func (ds *Discounts) TakeCodes() bool { return ds != nil && len(ds.byCode) > 0 }

// of is the discount of a code; nil where the shop has no such code.
func (ds *Discounts) of(code string) *Discount {
	if ds == nil {
		return nil
	}
	return ds.byCode[FoldCode(code)]
}

func (d *Discount) isPersonal() bool {
	return d.RequiresLogin || len(d.Customers)+len(d.Tiers) > 0 || d.MaxUsesPerBuyer > 0
}

// refusal is why a discount is not for a cart; the zero refusal is that it is.
type refusal struct {
	reason string // one of the protocol's
	key    string // of the text for the buyer
	sum    text.Money
	count  int64
}

// words are what the buyer is told.
func (r refusal) words(t *text.Texts) string { return t.Say(r.key, "amount", r.sum, "count", r.count) }

// refuses says what stands against a discount apart from the cart and from how
// often it was used.
func (d *Discount) refuses(b *acp.Buyer, now time.Time) refusal {
	switch {
	case !d.Starts.IsZero() && now.Before(d.Starts):
		return refusal{reason: acp.DiscountInvalid, key: "discount.early"}
	case !d.Ends.IsZero() && !now.Before(d.Ends):
		return refusal{reason: acp.DiscountExpired, key: "discount.expired"}
	}
	return d.refusesBuyer(b)
}

// refusesBuyer says whether a discount is not for a buyer.
func (d *Discount) refusesBuyer(b *acp.Buyer) refusal {
	if !d.isPersonal() {
		return refusal{}
	}
	if b == nil {
		b = &acp.Buyer{}
	}
	chosen := len(d.Customers)+len(d.Tiers) > 0
	switch {
	case d.RequiresLogin && b.AuthenticationStatus != "authenticated":
		return refusal{reason: acp.DiscountUserNotLoggedIn, key: "discount.sign_in"}
	case chosen && b.CustomerID == "" && b.Loyalty == nil:
		return refusal{reason: acp.DiscountUserNotLoggedIn, key: "discount.some_sign_in"}
	case chosen && !d.isFor(b):
		return refusal{reason: acp.DiscountUserIneligible, key: "discount.not_this_customer"}
	}
	return refusal{}
}

// isFor reports whether a buyer is one of those that a discount names.
func (d *Discount) isFor(b *acp.Buyer) bool {
	if b.CustomerID != "" && slices.Contains(d.Customers, b.CustomerID) {
		return true
	}
	return b.Loyalty != nil && slices.ContainsFunc(d.Tiers, func(tier string) bool { return strings.EqualFold(tier, b.Loyalty.Tier) })
}

// limit is how often a use can be made.
type limit struct {
	Use
	most int64
}

// limits lists the uses that a purchase by a buyer makes of a discount. Nobody
// counts those of a buyer who is not known yet; the purchase waits for that.
func (d *Discount) limits(b *acp.Buyer) []limit {
	var out []limit
	if d.MaxUses > 0 {
		out = append(out, limit{Use{DiscountID: d.ID}, d.MaxUses})
	}
	if digest := buyerDigest(b); d.MaxUsesPerBuyer > 0 && digest != "" {
		out = append(out, limit{Use{DiscountID: d.ID, Buyer: digest}, d.MaxUsesPerBuyer})
	}
	return out
}

// countUses reads how often discounts were used.
func (s *Session) countUses(tx Reader, discounts []*Discount) (map[Use]int64, error) {
	var uses []Use
	for _, d := range discounts {
		for _, l := range d.limits(s.Buyer) {
			uses = append(uses, l.Use)
		}
	}
	if len(uses) == 0 {
		return nil, nil
	}
	return tx.DiscountUses(s.MerchantID, s.Live, uses)
}

// refusesUse says whether a discount is used up.
func (d *Discount) refusesUse(b *acp.Buyer, counts map[Use]int64) refusal {
	for _, l := range d.limits(b) {
		if counts[l.Use] < l.most {
			continue
		}
		if l.Buyer != "" {
			return refusal{reason: acp.DiscountUsageLimitReached, key: "discount.used_by_buyer"}
		}
		return refusal{reason: acp.DiscountUsageLimitReached, key: "discount.used_up"}
	}
	return refusal{}
}
