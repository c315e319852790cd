package reconciliation_test

import (
	"testing"
)

// BenchmarkCompare compares a day of 100 000 payments, of which a hundred
// differ.
func BenchmarkCompare(b *testing.B) {
	const payments, differ = 100_000, 100
	w := newWorld()
	for n := range payments {
		a := paid(n % 80_000) // within the day
		a.ID, a.PSPRef = ref("pay", n), ref("pi", n)
		l := mirror(a)
		if n%(payments/differ) == 0 {
			l.Refunded = 1
		}
		w.add(a)
		w.list = append(w.list, l)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := w.compare()
		if err != nil || len(r.Differences) != differ || r.Counts.Paid != payments {
			b.Fatalf("%+v, %v", r.Counts, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/payments, "ns/payment")
}
