package reconciliation_test

import (
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/reconciliation"
)

// An open operation is reported once it is old, whenever its payment was made,
// and of this account alone.
func TestOpenOperations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*payment.Operation)
		want   int
	}{
		"old":              {func(*payment.Operation) {}, 1},
		"very old":         {func(o *payment.Operation) { o.CreatedAt = day.AddDate(0, -1, 0) }, 1},
		"fresh":            {func(o *payment.Operation) { o.CreatedAt = noon.Add(-reconciliation.Grace) }, 0},
		"done":             {func(o *payment.Operation) { o.State = payment.OpDone }, 0},
		"another shop":     {func(o *payment.Operation) { o.MerchantID = "other" }, 0},
		"another account":  {func(o *payment.Operation) { o.Account = "acct_2" }, 0},
		"another provider": {func(o *payment.Operation) { o.Provider = "adyen" }, 0},
		"another mode":     {func(o *payment.Operation) { o.Live = true }, 0},
	} {
		w := newWorld()
		o := operation(1, 500)
		c.change(&o)
		w.operations = []payment.Operation{o}
		if r := w.agreed(t); len(r.Differences) != c.want {
			t.Errorf("%s: %+v", name, r.Differences)
		}
	}
	w := newWorld()
	for n := range 1200 {
		w.operations = append(w.operations, operation(n, 1))
	}
	if r := w.agreed(t); len(r.Differences) != 1200 {
		t.Errorf("%d of 1200 open operations", len(r.Differences))
	}
}
