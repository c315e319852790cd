package acp

import "time"

// Reasons why a discount code was not applied; also codes of warnings.
const (
	DiscountExpired           = "discount_code_expired"
	DiscountInvalid           = "discount_code_invalid"
	DiscountAlreadyApplied    = "discount_code_already_applied"
	DiscountCombination       = "discount_code_combination_disallowed"
	DiscountMinimumNotMet     = "discount_code_minimum_not_met"
	DiscountUserNotLoggedIn   = "discount_code_user_not_logged_in"
	DiscountUserIneligible    = "discount_code_user_ineligible"
	DiscountUsageLimitReached = "discount_code_usage_limit_reached"
)

// Discounts says which codes were sent and what became of them.
type Discounts struct {
	Codes    []string           `json:"codes,omitzero"`
	Applied  []AppliedDiscount  `json:"applied,omitzero"`
	Rejected []RejectedDiscount `json:"rejected,omitzero"`
}

// AppliedDiscount is a discount in the totals. Amount is positive, in minor
// units; Code is empty when Automatic.
type AppliedDiscount struct {
	ID          string               `json:"id"`
	Code        string               `json:"code,omitzero"`
	Coupon      Coupon               `json:"coupon"`
	Amount      int64                `json:"amount"`
	Automatic   bool                 `json:"automatic,omitzero"`
	Start       time.Time            `json:"start,omitzero"`
	End         time.Time            `json:"end,omitzero"`
	Method      string               `json:"method,omitzero"` // each, across
	Priority    int64                `json:"priority,omitzero"`
	Allocations []DiscountAllocation `json:"allocations,omitzero"`
}

// Coupon is the rule behind a discount: PercentOff (0 to 100) or AmountOff in
// minor units of Currency.
type Coupon struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	PercentOff *float64 `json:"percent_off,omitzero"` // a rate, not money
	AmountOff  *int64   `json:"amount_off,omitzero"`
	Currency   string   `json:"currency,omitzero"`
	Duration   string   `json:"duration,omitzero"` // once, repeating, forever
}

// DiscountAllocation is the part of a discount that falls on one figure of the
// session.
type DiscountAllocation struct {
	Path   string `json:"path"` // JSONPath: $.line_items[0]
	Amount int64  `json:"amount"`
}

// RejectedDiscount is a code that had no effect, and why.
type RejectedDiscount struct {
	Code    string `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitzero"`
}
