package ui

import (
	"errors"
	"math"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestContrastOfKnownPairs(t *testing.T) {
	tests := []struct {
		a, b string
		want float64 // of the WCAG definition, from the sRGB values
	}{
		{"#000000", "#ffffff", 21},
		{"#fff", "#fff", 1},
		{"#777777", "#ffffff", 4.48},
		{"#767676", "#ffffff", 4.54},
		{"#ff0000", "#ffffff", 4.00},
		{"#0000ff", "#ffffff", 8.59},
		{"oklch(1 0 0)", "oklch(0 0 0)", 21},
		{"oklch(0.62796 0.25768 29.234)", "#ffffff", 4.00}, // red, as CSS Color 4 writes it
	}
	for _, tt := range tests {
		a, err := ParseColor(tt.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseColor(tt.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := Contrast(a, b); math.Abs(got-tt.want) > 0.02 {
			t.Errorf("%s on %s: %.3f, want %.2f", tt.a, tt.b, got, tt.want)
		}
		if Contrast(a, b) != Contrast(b, a) {
			t.Errorf("%s on %s: not the same both ways", tt.a, tt.b)
		}
	}
}

func TestParseColorRefusesWhatIsNotOne(t *testing.T) {
	for _, s := range []string{"", "#", "#12", "#12345", "#gggggg", "#1234567", "#+12345", "red", "rgb(1,2,3)",
		"oklch(0.5 0.1)", "oklch(0.5 0.1 20", "oklch(50% 0.1 20)", "oklch(2 0.1 20)", "oklch(NaN 0 0)",
		"#fff;}body{display:none", "oklch(0.5 0.1 20 / 0.5)"} {
		if c, err := ParseColor(s); !errors.Is(err, ErrColor) {
			t.Errorf("ParseColor(%q) = %v, %v, want ErrColor", s, c, err)
		}
	}
}

func TestHexSurvivesOKLCH(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hex := rapid.StringMatching(`#[0-9a-f]{6}`).Draw(t, "hex")
		c, err := ParseColor(hex)
		if err != nil {
			t.Fatal(err)
		}
		if !c.InGamut() {
			t.Fatalf("%s: %v is outside sRGB", hex, c)
		}
		back, err := ParseColor(c.String())
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(Contrast(c, Color{})-Contrast(back, Color{})) > 0.2 {
			t.Fatalf("%s: %v is another colour than %v", hex, back, c)
		}
	})
}

var accentRule = regexp.MustCompile(`^:root\{--accent:light-dark\((oklch\([^()]+\)),(oklch\([^()]+\))\);--accent-text:light-dark\((oklch\([^()]+\)),(oklch\([^()]+\))\)\}$`)

// Whatever colour a shop picks, its links and its button can be read.
func TestAccentIsReadableWhateverTheShopPicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		css, err := Accent(rapid.StringMatching(`#[0-9a-f]{6}`).Draw(t, "colour"))
		if err != nil {
			t.Fatal(err)
		}
		m := accentRule.FindStringSubmatch(css)
		if m == nil {
			t.Fatalf("not one rule with two tokens: %s", css)
		}
		var c [4]Color
		for i := range c {
			if c[i], err = ParseColor(m[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		const rounding = 0.03 // four digits in the CSS
		for i, dark := range []bool{false, true} {
			for _, s := range surfaces {
				if got := Contrast(c[i], token(s, dark)); got < TextContrast-rounding {
					t.Fatalf("link on %s, dark %t: %.2f:1", s, dark, got)
				}
			}
			if got := Contrast(c[i], c[i+2]); got < TextContrast-rounding {
				t.Fatalf("text on the button, dark %t: %.2f:1", dark, got)
			}
		}
	})
}

func TestAccentKeepsAColourThatIsReadableAlready(t *testing.T) {
	css, err := Accent("#1f5f66")
	if err != nil {
		t.Fatal(err)
	}
	want, err := ParseColor("#1f5f66")
	if err != nil {
		t.Fatal(err)
	}
	if m := accentRule.FindStringSubmatch(css); m == nil || m[1] != want.String() {
		t.Errorf("the light accent is not %v: %s", want, css)
	}
}

func TestAccentRefusesWhatIsNotAColour(t *testing.T) {
	if css, err := Accent("red}*{display:none"); !errors.Is(err, ErrColor) || css != "" {
		t.Errorf("got %q, %v, want ErrColor", css, err)
	}
}

func FuzzParseColor(f *testing.F) {
	for _, s := range []string{"#2f6f73", "#27a", "oklch(0.5 0.09 200)", "oklch(1 0 0)", "#", "oklch()"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseColor(s)
		if err != nil {
			if !errors.Is(err, ErrColor) {
				t.Fatalf("%v is not ErrColor", err)
			}
			return
		}
		if _, err := ParseColor(c.String()); err != nil {
			t.Fatalf("%q became %s, which is refused: %v", s, c, err)
		}
	})
}
