package client

import (
	"slices"
	"testing"

	"github.com/checkstand/checkstand/acp"
)

// After a complete that fails the purchase still looks what became of the money.
func TestAFailedCompleteIsLookedInto(t *testing.T) {
	for name, c := range map[string]struct {
		faults  []fault
		charges int
		status  acp.Status
	}{
		"nothing was done":   {slices.Repeat([]fault{{status: 503, retryAfter: "1"}}, MaxAttempts), 0, acp.ReadyForPayment},
		"the order was made": {[]fault{{status: 400, committed: true}}, 1, acp.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, acp.V20260417)
			s.faults = c.faults
			a := newAgent(t, s)
			got, err := a.buy(t.Context())
			if err == nil || got.Charges != c.charges || got.Status != c.status {
				t.Errorf("%+v, %v", got, err)
			}
			var names []string
			for _, step := range a.steps {
				names = append(names, step.Name)
			}
			if want := []string{StepComplete, StepGet, StepLedger}; !slices.Equal(names[len(names)-len(want):], want) {
				t.Errorf("the steps are %q", names)
			}
			if last := a.step(StepLedger); last.Err != nil || last.Skipped {
				t.Errorf("the ledger: %+v", last)
			}
		})
	}
}

// The price of a delivery is what is paid for it.
func TestDeliveryIsNamedWithItsPrice(t *testing.T) {
	for name, c := range map[string]struct {
		option      int64
		price, off  int64
		named, adds string
	}{
		"a price":            {641, 590, 0, "Standard ($6.41)", ""},
		"free by itself":     {0, 0, 0, "Standard (free)", ""},
		"free by a code":     {641, 590, 590, "Standard ($6.41)", ", made free by a discount"},
		"signed discounts":   {641, 590, -590, "Standard ($6.41)", ", made free by a discount"},
		"less by a code":     {641, 590, 200, "Standard ($6.41)", ", $2.00 off by a discount"},
		"off something free": {0, 0, 200, "Standard (free)", ""},
	} {
		p := &purchase{session: &Session{Currency: "usd", Totals: []acp.Total{{Type: acp.TotalFulfillment, Amount: c.price}, {Type: acp.TotalDiscount, Amount: c.off}}}}
		if got := p.named(Option{ID: "standard", Title: "Standard", Total: c.option, HasTotal: true}); got != c.named {
			t.Errorf("%s: %q, want %q", name, got, c.named)
		}
		if got := p.offDelivery(); got != c.adds {
			t.Errorf("%s: %q, want %q", name, got, c.adds)
		}
	}
}
