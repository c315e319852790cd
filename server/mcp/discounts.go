package mcp

import (
	"maps"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
)

// appliedDiscount is a discount as the widget shows it. Amount is in minor
// units and positive; Code is empty for one that the shop gives by itself.
type appliedDiscount struct {
	Code   string `json:"code,omitempty"`
	Name   string `json:"name,omitempty"`
	Amount int64  `json:"amount"`
}

// refusedCode is a discount code that has no effect, and why.
type refusedCode struct {
	Code    string `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// beside is what comes with a session for the widget alone. The discounts are
// there and not in the session, whose members the payment sheet lists.
func (a *app) beside(s *acp.Session) *sdk.Meta {
	if s.Discounts == nil {
		return &a.meta
	}
	applied, rejected := []appliedDiscount{}, []refusedCode{}
	for _, d := range s.Discounts.Applied {
		applied = append(applied, appliedDiscount{Code: d.Code, Name: d.Coupon.Name, Amount: d.Amount})
	}
	for _, d := range s.Discounts.Rejected {
		rejected = append(rejected, refusedCode{Code: d.Code, Reason: d.Reason, Message: d.Message})
	}
	meta := maps.Clone(a.meta)
	meta["checkstand/discounts"] = map[string]any{"applied": applied, "rejected": rejected}
	return &meta
}
