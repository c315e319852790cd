package soak

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// report tells what happened and what it came to.
func (s *sim) report() string {
	w := &strings.Builder{}
	took := time.Since(s.started)
	orders := s.orders()
	fmt.Fprintf(w, "seed %d: %d buyers over %s, %d purchases, %.1f s, %.0f purchases/s\n",
		s.seed, len(s.visits), s.span, orders, took.Seconds(), float64(orders)/took.Seconds())
	s.mu.Lock()
	for _, kind := range slices.Sorted(maps.Keys(s.counts)) {
		fmt.Fprintf(w, "\n%s\n", kind)
		words := slices.SortedFunc(maps.Keys(s.counts[kind]), func(a, b string) int {
			return cmp.Or(s.counts[kind][b]-s.counts[kind][a], cmp.Compare(a, b))
		})
		for _, word := range words {
			fmt.Fprintf(w, "%9d  %s\n", s.counts[kind][word], word)
		}
	}
	s.mu.Unlock()
	fmt.Fprintf(w, "\nmoney, in minor units, by currency\n")
	const row = "%8s %9v %15v %15v %15v %13v %13v\n"
	fmt.Fprintf(w, row, "currency", "orders", "ordered", "taken", "recorded", "given back", "recorded")
	byCurrency := map[string]total{}
	for _, sh := range s.shops {
		t := byCurrency[sh.currency]
		t.orders, t.owed, t.in, t.out = t.orders+sh.sum.orders, t.owed+sh.sum.owed, t.in+sh.sum.in, t.out+sh.sum.out
		t.recordedIn, t.recordedOut = t.recordedIn+sh.sum.recordedIn, t.recordedOut+sh.sum.recordedOut
		byCurrency[sh.currency] = t
	}
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		t := byCurrency[currency]
		fmt.Fprintf(w, row, currency, t.orders, t.owed, t.in, t.recordedIn, t.out, t.recordedOut)
	}
	fmt.Fprintf(w, "\n%d differences unexplained\n", s.countedAll("differences unexplained"))
	return w.String()
}

// orders is how many there are, once the shops are audited.
func (s *sim) orders() (n int64) {
	for _, sh := range s.shops {
		n += sh.sum.orders
	}
	return n
}
