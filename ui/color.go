package ui

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ErrColor is returned for a colour that is not written as #rgb, #rrggbb or
// oklch(L C H).
var ErrColor = errors.New("not a colour")

// Color is an opaque colour in OKLCH: L from 0 (black) to 1 (white), C from 0
// (grey) to about 0.37, H in degrees from 0 to 360.
type Color struct{ L, C, H float64 }

// ParseColor reads "#2f6f73", "#27a" or "oklch(0.5 0.09 200)", the latter with
// plain numbers and no alpha. Anything else is ErrColor.
func ParseColor(s string) (Color, error) {
	s = strings.TrimSpace(s)
	if hex, ok := strings.CutPrefix(s, "#"); ok {
		return parseHex(hex)
	}
	body, ok := strings.CutPrefix(s, "oklch(")
	if !ok {
		return Color{}, fmt.Errorf("%w: %q: write it as #rrggbb", ErrColor, s)
	}
	body, ok = strings.CutSuffix(body, ")")
	parts := strings.Fields(body)
	if !ok || len(parts) != 3 {
		return Color{}, fmt.Errorf("%w: %q: oklch takes three numbers", ErrColor, s)
	}
	var v [3]float64
	for i, limit := range [3]float64{1, 0.5, 360} {
		f, err := strconv.ParseFloat(parts[i], 64)
		if err != nil || !(f >= 0 && f <= limit) {
			return Color{}, fmt.Errorf("%w: %q: %q is not between 0 and %g", ErrColor, s, parts[i], limit)
		}
		v[i] = f
	}
	return Color{L: v[0], C: v[1], H: v[2]}, nil
}

func parseHex(hex string) (Color, error) {
	full := hex
	if len(hex) == 3 {
		full = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(full, 16, 24)
	if err != nil || len(full) != 6 {
		return Color{}, fmt.Errorf("%w: %q: write it as #rrggbb", ErrColor, "#"+hex)
	}
	return fromLinear([3]float64{
		decodeGamma(float64(n>>16) / 255),
		decodeGamma(float64(n>>8&0xff) / 255),
		decodeGamma(float64(n&0xff) / 255),
	}), nil
}

// String writes the colour as CSS, with four digits after the point.
func (c Color) String() string { return fmt.Sprintf("oklch(%.4f %.4f %.2f)", c.L, c.C, c.H) }

// InGamut reports whether an sRGB screen can show the colour as it is.
func (c Color) InGamut() bool {
	const slack = 1e-4
	for _, v := range c.linear() {
		if v < -slack || v > 1+slack {
			return false
		}
	}
	return true
}

// Contrast is the ratio of WCAG 2.2 between two colours, from 1 to 21, as an
// sRGB screen shows them.
func Contrast(a, b Color) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2, of the colour cut to sRGB
// and rounded to the 8 bits of a screen.
func (c Color) luminance() float64 {
	rgb := c.linear()
	for i, v := range rgb {
		shown := math.Round(encodeGamma(min(max(v, 0), 1))*255) / 255
		rgb[i] = decodeGamma(shown)
	}
	return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2]
}

// fit lowers the chroma until the colour is within sRGB.
func (c Color) fit() Color {
	for c.C > 0 && !c.InGamut() {
		c.C = max(c.C-0.002, 0)
	}
	return c
}

// linear converts to linear-light sRGB. The matrices are those of Björn
// Ottosson's Oklab, which CSS Color 4 uses.
func (c Color) linear() [3]float64 {
	sin, cos := math.Sincos(c.H * math.Pi / 180)
	a, b := c.C*cos, c.C*sin
	l := cube(c.L + 0.3963377774*a + 0.2158037573*b)
	m := cube(c.L - 0.1055613458*a - 0.0638541728*b)
	s := cube(c.L - 0.0894841775*a - 1.2914855480*b)
	return [3]float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

func fromLinear(rgb [3]float64) Color {
	r, g, bl := rgb[0], rgb[1], rgb[2]
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*bl)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*bl)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*bl)
	a := 1.9779984951*l - 2.4285922050*m + 0.4505937099*s
	b := 0.0259040371*l + 0.7827717662*m - 0.8086757660*s
	c := Color{L: 0.2104542553*l + 0.7936177850*m - 0.0040720468*s, C: math.Hypot(a, b)}
	c.L = min(max(c.L, 0), 1)
	if c.C > 1e-5 { // a grey has no hue
		if c.H = math.Atan2(b, a) * 180 / math.Pi; c.H < 0 {
			c.H += 360
		}
	}
	return c
}

func cube(v float64) float64 { return v * v * v }

func decodeGamma(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encodeGamma(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}
