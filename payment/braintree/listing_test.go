package braintree_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment/paymenttest"
)

func TestListerContract(t *testing.T) {
	h := harness(t)
	ahead := time.Duration(0)
	advance := h.Advance
	h.Advance = func(t testing.TB, d time.Duration) { ahead += d; advance(t, d) }
	paymenttest.TestLister(t, h, func() time.Time { return time.Now().Add(ahead) })
}
