package stripe_test

import (
	"testing"

	"github.com/checkstand/checkstand/payment/paymenttest"
)

func TestListerContract(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestLister(t, w.harness(t), w.Now)
}
