package sandbox

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValidPAN(t *testing.T) {
	for number, want := range map[string]bool{
		"4242424242424242": true, "4242424242424241": false, "378282246310005": true,
		"": false, "0": false, "4242 4242 4242 4242": false, "4242424242424２42": false,
		"00000000000": false, "000000000000": true, "0000000000000000000": true, "00000000000000000000": false,
	} {
		if validPAN(number) != want {
			t.Errorf("validPAN(%q) is %v", number, !want)
		}
	}
}

// Luhn's promise: a wrong digit is always noticed.
func TestLuhnNoticesOneWrongDigit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.StringMatching(`[0-9]{11,18}`).Draw(rt, "digits")
		number := ""
		for check := '0'; check <= '9'; check++ {
			if candidate := body + string(check); validPAN(candidate) {
				if number != "" {
					rt.Fatalf("two check digits fit %s", body)
				}
				number = candidate
			}
		}
		if number == "" {
			rt.Fatalf("no check digit fits %s", body)
		}
		at := rapid.IntRange(0, len(number)-1).Draw(rt, "at")
		wrong := rapid.RuneFrom([]rune(strings.ReplaceAll("0123456789", number[at:at+1], ""))).Draw(rt, "digit")
		if mistyped := number[:at] + string(wrong) + number[at+1:]; validPAN(mistyped) {
			rt.Errorf("%s passes for %s", mistyped, number)
		}
	})
}

func TestCardTablesAreSound(t *testing.T) {
	numbers, tokens := map[string]bool{}, map[string]bool{}
	for _, c := range TestCards() {
		if numbers[c.Number] || c.Brand == "" || c.Says == "" {
			t.Errorf("entry of %s", c.Number)
		}
		numbers[c.Number] = true
	}
	for _, s := range StaticTokens() {
		if tokens[s.Token] || !strings.HasPrefix(s.Token, "tok_") || len(s.Last4) != 4 {
			t.Errorf("entry of %s", s.Token)
		}
		tokens[s.Token] = true
	}
}
