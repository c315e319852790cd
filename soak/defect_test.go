package soak

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// A ledger that finds nothing proves something only if it finds what is there:
// a provider with a defect is found out, and by the right name.
func TestTheLedgerFindsABrokenProvider(t *testing.T) {
	for _, c := range []struct {
		defect defect
		finds  string
	}{
		{sound, ""},
		{chargesAgain, "charged twice"},
		{forgets, "charged twice"},
		{pretends, "recorded and not taken"},
		{losesPayments, "recorded and not taken"},
		{denies, "taken and not recorded"},
		{takesMore, "taken and not recorded"},
	} {
		name := string(c.defect)
		if c.defect == sound {
			name = "a sound one"
		}
		t.Run(name, func(t *testing.T) {
			found, orders := witnessed(t, options{seed: 7, buyers: 60, oddities: 1, span: time.Hour, burst: 10, open: openSQLite,
				mall: []plan{{tillName, "usd", payment.CaptureNow, 1}}, defect: c.defect})
			all := strings.Join(found, "\n")
			switch {
			case c.finds == "" && orders < 40:
				t.Errorf("%d purchases of 60 buyers prove little", orders)
			case c.finds == "" && len(found) > 0:
				t.Errorf("nothing is wrong, and the ledger says:\n%s", all)
			case c.finds != "" && !strings.Contains(all, c.finds):
				t.Errorf("the ledger does not find %q; it says:\n%s", c.finds, all)
			case c.finds != "" && (!strings.Contains(all, "seed 7") || !strings.Contains(all, "session cs_")):
				t.Errorf("the failure tells neither the seed nor the session's history:\n%s", all)
			}
		})
	}
}

// witnessed runs a simulation and gives what it complains about.
func witnessed(t *testing.T, o options) (found []string, orders int64) {
	w := &witness{TB: t}
	var done sync.WaitGroup
	done.Go(func() {
		s := newSim(w, o)
		s.run()
		orders = s.orders()
	})
	done.Wait()
	return w.failures, orders
}

// witness is a test that notes its failures and has none.
type witness struct {
	testing.TB

	mu       sync.Mutex
	failures []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

func (w *witness) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures) > 0
}

func (w *witness) FailNow() { runtime.Goexit() }
