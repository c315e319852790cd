package mcp

import (
	"encoding/json"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
)

// The widget is told which codes are in force, which wait and which are not; whom a
// discount is for, and how it is made, stays with the shop.
func TestDiscountsBesideASession(t *testing.T) {
	a := &app{meta: sdk.Meta{"checkstand/shop": map[string]any{"name": "Harbour Goods"}}}
	for name, tt := range map[string]struct {
		discounts *acp.Discounts
		messages  []acp.Message
		want      string
	}{
		"none":    {nil, nil, `{"checkstand/shop":{"name":"Harbour Goods"}}`},
		"no code": {&acp.Discounts{}, nil, `{"checkstand/discounts":{"applied":[],"pending":[],"rejected":[]},"checkstand/shop":{"name":"Harbour Goods"}}`},
		"some": {&acp.Discounts{Codes: []string{"TEN", "FREESHIP", "OLD"},
			Applied: []acp.AppliedDiscount{{ID: "d1", Code: "TEN", Coupon: acp.Coupon{ID: "c1", Name: "Ten percent"}, Amount: 440},
				{ID: "d2", Coupon: acp.Coupon{ID: "c2", Name: "Autumn"}, Amount: 100, Automatic: true}},
			Rejected: []acp.RejectedDiscount{{Code: "OLD", Reason: acp.DiscountExpired, Message: "It ended."}}},
			[]acp.Message{{Type: acp.Info, Param: "$.line_items[1]", Content: "Only two are left."}, {Type: acp.Info, Param: "$.discounts.codes[1]", Content: "Choose the delivery."}},
			`{"checkstand/discounts":{"applied":[{"code":"TEN","name":"Ten percent","amount":440},{"name":"Autumn","amount":100}],` +
				`"pending":[{"code":"FREESHIP","name":"FREESHIP of the shop","message":"Choose the delivery."}],` +
				`"rejected":[{"code":"OLD","reason":"discount_code_expired","message":"It ended."}]},"checkstand/shop":{"name":"Harbour Goods"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(a.beside(&acp.Session{Discounts: tt.discounts, Messages: tt.messages}, func(code string) string { return code + " of the shop" }))
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
			if len(a.meta) != 1 {
				t.Error("the meta of all sessions has changed")
			}
		})
	}
}
