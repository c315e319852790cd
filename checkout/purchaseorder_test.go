package checkout_test

import (
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// What is confirmed without a charge and without an operator is confirmed on the
// word of an agent that the shop believes, and of no other.
func TestAnOrderOnAccountIsConfirmedForWhoIsBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		believed map[string]bool
		standing string
		want     acp.Status
	}{
		"an agent that may say who buys":        {map[string]bool{agent.Agent: true}, "authenticated", acp.Completed},
		"the same, of a buyer it does not know": {map[string]bool{agent.Agent: true}, "guest", acp.PendingApproval},
		"an agent that may not":                 {map[string]bool{"another": true}, "authenticated", acp.PendingApproval},
		"any agent":                             {nil, "authenticated", acp.PendingApproval},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.merchant.Identifies = test.believed
			w.merchant.Accounts = []checkout.Account{{CustomerID: "cus_1", Terms: []string{"net_30"}, Limit: 100_000}}
			s := w.create("mug")
			req := acp.CompleteRequest{Payment: acp.PaymentData{PurchaseOrder: &acp.PurchaseOrder{Number: "PO-1"}},
				Buyer: &acp.Buyer{Email: "member@example.com", CustomerID: "cus_1", AuthenticationStatus: test.standing}}
			got := w.must(w.send(s.ID, req))
			if got.Status != test.want || (got.Order != nil) != (test.want == acp.Completed) {
				t.Errorf("%s, order %v; want %s", got.Status, got.Order, test.want)
			}
		})
	}
}
