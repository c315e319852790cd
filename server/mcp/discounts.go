package mcp

import (
	"fmt"
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

// pendingCode is a code that nothing stands against and that takes nothing off
// yet, such as one for the delivery before that is chosen. Message says what it
// waits for.
type pendingCode struct {
	Code    string `json:"code"`
	Name    string `json:"name,omitempty"`
	Message string `json:"message,omitempty"`
}

// beside is what comes with a session for the widget alone. The discounts are
// there and not in the session, whose members the payment sheet lists. name is
// the shop's name for the discount of a code.
func (a *app) beside(s *acp.Session, name func(code string) string) *sdk.Meta {
	if s.Discounts == nil {
		return &a.meta
	}
	applied, rejected, pending := []appliedDiscount{}, []refusedCode{}, []pendingCode{}
	settled := map[string]bool{}
	for _, d := range s.Discounts.Applied {
		applied = append(applied, appliedDiscount{Code: d.Code, Name: d.Coupon.Name, Amount: d.Amount})
		settled[d.Code] = true
	}
	for _, d := range s.Discounts.Rejected {
		rejected = append(rejected, refusedCode{Code: d.Code, Reason: d.Reason, Message: d.Message})
		settled[d.Code] = true
	}
	for i, code := range s.Discounts.Codes {
		if !settled[code] {
			pending = append(pending, pendingCode{Code: code, Name: name(code), Message: codeNotice(s.Messages, i)})
			settled[code] = true
		}
	}
	meta := maps.Clone(a.meta)
	meta["checkstand/discounts"] = map[string]any{"applied": applied, "rejected": rejected, "pending": pending}
	return &meta
}

// codeNotice is what a session says of the code of that place.
func codeNotice(messages []acp.Message, place int) string {
	about := fmt.Sprintf("$.discounts.codes[%d]", place)
	for i := range messages {
		if messages[i].Param == about {
			return messages[i].Content
		}
	}
	return ""
}
