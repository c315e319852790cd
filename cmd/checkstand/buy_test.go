package main

import (
	"testing"

	"github.com/checkstand/checkstand/sandbox"
)

// Every card that there is to try can be paid with, and what is no card number
// is known before anything is asked for.
func TestCardsToBuyWith(t *testing.T) {
	for _, card := range sandbox.TestCards() {
		if !isCardNumber(card.Number) {
			t.Errorf("%s is refused", card.Number)
		}
	}
	for _, wrong := range []string{"", "0", "123", "4242424242424241", "42424242424", "00000000000000000000"} {
		if isCardNumber(wrong) {
			t.Errorf("%q is taken", wrong)
		}
	}
}
