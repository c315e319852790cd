package ui

import (
	_ "embed"
	"strings"
)

//go:embed widget/dist/checkout-session.html
var widget string

// Widget returns the checkout widget, an HTML document that needs nothing but
// itself and the pictures of the products: MCP hosts show it in a frame, and
// it speaks to them alone.
func Widget() string { return widget }

// ShopWidget returns the widget in a shop's colour, which may be anything that
// Accent takes; "" leaves Checkstand's own. It returns ErrColor.
func ShopWidget(colour string) (string, error) {
	if colour == "" {
		return widget, nil
	}
	rule, err := Accent(colour)
	if err != nil {
		return "", err
	}
	return strings.Replace(widget, "</style>", rule+"</style>", 1), nil
}
