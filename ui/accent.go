package ui

import "fmt"

// Contrast ratios of WCAG 2.2 (1.4.3, 1.4.11) that the tokens keep.
const (
	TextContrast    = 4.5 // text on the surface it stands on
	ControlContrast = 3.0 // large text, outlines of controls, the focus ring
)

// Accent turns a shop's colour into the CSS rule that sets --accent and
// --accent-text. The hue is kept; the lightness moves as little as it takes
// for links in the accent to be readable on every surface, and for text to be
// readable on a button in the accent, in both schemes. It returns ErrColor.
func Accent(colour string) (css string, err error) {
	c, err := ParseColor(colour)
	if err != nil {
		return "", err
	}
	light, lightText := accentFor(c, false)
	dark, darkText := accentFor(c, true)
	return fmt.Sprintf(":root{--accent:light-dark(%s,%s);--accent-text:light-dark(%s,%s)}",
		light, dark, lightText, darkText), nil
}

// accentFor moves c away from the surfaces of a scheme until it is readable.
func accentFor(c Color, dark bool) (accent, text Color) {
	const step = 0.005
	text = token("--accent-text", dark)
	accent = c.fit().written()
	for !readable(accent, text, dark) {
		if dark {
			c.L += step
		} else {
			c.L -= step
		}
		if c.L <= 0 || c.L >= 1 { // black or white: readable on any surface we have
			return Color{L: min(max(c.L, 0), 1)}, text
		}
		accent = c.fit().written()
	}
	return accent, text
}

// written is the colour as CSS has it, with fewer digits: on a screen of 8 bits
// these can make a step, and it is what is shown that has to be readable.
func (c Color) written() Color {
	w, err := ParseColor(c.String())
	if err != nil {
		panic("ui: a colour that this package has written cannot be read: " + err.Error())
	}
	return w
}

func readable(accent, text Color, dark bool) bool {
	for _, name := range []string{"--surface-1", "--surface-2", "--surface-3"} {
		if Contrast(accent, token(name, dark)) < TextContrast {
			return false
		}
	}
	return Contrast(accent, text) >= TextContrast
}
