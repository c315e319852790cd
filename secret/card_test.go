package secret_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/secret"
)

func TestHasCardNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"4242424242424242":                    true,
		"4242 4242 4242 4242":                 true,
		"4242-4242-4242-4242":                 true,
		"4242.4242.4242.4242":                 true,
		"card 4242424242424242, thanks":       true,
		"x4242424242424242x":                  true,
		"5555555555554444":                    true,
		"2223003122003222":                    true,
		"378282246310005":                     true,
		"3782 822463 10005":                   true,
		"6011111111111117":                    true,
		"30569309025904":                      true,
		"3566002020360505":                    true,
		"6200000000000005":                    true,
		"first 12, then 4000 0000 0000 0077.": true,

		"":                               false,
		"4242424242424241":               false, // the check digit is another
		"42424242424242424242":           false, // too long
		"424242424242":                   false,
		"+4242424242424242":              false, // a phone number
		"+1 555 0100":                    false,
		"1 Example Street 94105":         false,
		"4242  4242  4242  4242":         false, // not how cards are written
		"1764979200000000":               false, // no card begins so
		"cs_01m80723kr1ffnw3epyb364bhv":  false,
		"0000000000000000":               false,
		"2026-11-21 23:58:59.000 +00:00": false,
	} {
		if got := secret.HasCardNumber(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzHasCardNumber(f *testing.F) {
	f.Add("a", "b")
	f.Fuzz(func(t *testing.T, before, after string) {
		const card = "4000000000000077"
		if strings.HasSuffix(before, "+") || before != "" && strings.ContainsAny(before[len(before)-1:], "0123456789 -.") ||
			after != "" && strings.ContainsAny(after[:1], "0123456789 -.") {
			return
		}
		if !secret.HasCardNumber(before + card + after) {
			t.Errorf("not seen between %q and %q", before, after)
		}
	})
}
