package ui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var (
	surfaces = []string{"--surface-1", "--surface-2", "--surface-3"}
	texts    = []string{"--text-1", "--text-2", "--text-3", "--accent", "--positive", "--caution", "--negative"}
)

func TestTextIsReadableOnEverySurface(t *testing.T) {
	eachScheme(t, func(t *testing.T, dark bool) {
		for _, text := range texts {
			for _, surface := range surfaces {
				wantContrast(t, text, surface, dark, TextContrast)
			}
		}
	})
}

func TestTonesAreReadableOnTheirSoftGround(t *testing.T) {
	eachScheme(t, func(t *testing.T, dark bool) {
		for _, tone := range []string{"--positive", "--caution", "--negative"} {
			wantContrast(t, tone, tone+"-soft", dark, TextContrast)
			wantContrast(t, "--text-1", tone+"-soft", dark, TextContrast)
		}
		wantContrast(t, "--accent-text", "--accent", dark, TextContrast)
	})
}

func TestControlsAndFocusStandOut(t *testing.T) {
	eachScheme(t, func(t *testing.T, dark bool) {
		for _, surface := range surfaces {
			wantContrast(t, "--line-strong", surface, dark, ControlContrast)
			wantContrast(t, "--focus", surface, dark, ControlContrast)
		}
	})
}

// A colour outside sRGB is shown as the browser sees fit, and its contrast is
// then anyone's guess.
func TestEveryTokenIsWithinSRGB(t *testing.T) {
	for name, c := range colorTokens() {
		for _, v := range []Color{c.light, c.dark} {
			if !v.InGamut() {
				t.Errorf("%s: %v is outside sRGB", name, v)
			}
		}
	}
}

// Every light-dark() pair has to be one the parser saw, but for the shadow.
func TestNoColourTokenEscapesTheChecks(t *testing.T) {
	written := strings.Count(Tokens(), ": light-dark(")
	if n := len(colorTokens()); n != written || n < 17 {
		t.Errorf("tokens.css has %d colours, %d were read", written, n)
	}
}

// Pages use tokens; a colour written into a rule would be in one scheme only.
func TestPagesUseTokensThatExist(t *testing.T) {
	defined := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+):`).FindAllStringSubmatch(CSS(), -1) {
		defined[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllStringSubmatch(CSS(), -1) {
		if !defined[m[1]] {
			t.Errorf("%s is used and not defined", m[1])
		}
	}
	if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|oklch\(`).FindString(page); m != "" {
		t.Errorf("page.css has a colour of its own: %s", m)
	}
	if strings.Contains(CSS(), "@import") || strings.Contains(CSS(), "url(") {
		t.Error("the style sheet loads something")
	}
}

func eachScheme(t *testing.T, check func(*testing.T, bool)) {
	t.Run("light", func(t *testing.T) { check(t, false) })
	t.Run("dark", func(t *testing.T) { check(t, true) })
}

func wantContrast(t *testing.T, fg, bg string, dark bool, want float64) {
	t.Helper()
	if got := Contrast(token(fg, dark), token(bg, dark)); got < want {
		t.Errorf("%s on %s: %s, want at least %.1f:1", fg, bg, fmt.Sprintf("%.2f:1", got), want)
	}
}
