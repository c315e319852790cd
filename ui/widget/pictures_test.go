package widget_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

const (
	picturesOfDocs = "../../docs/images"
	// mostOfPicture keeps a clone small.
	mostOfPicture = 120 << 10
)

// The pictures of the documentation show the widget by itself, and are small.
// With -update they are taken anew.
func TestPicturesOfTheDocumentation(t *testing.T) {
	goods := map[string]int{"mug-stoneware-sand": 2, "blanket-wool-moss": 1}
	shopMeta := map[string]any{"name": "Harbour Goods", "locale": "en-US", "payment_sheet": true}
	for name, tt := range map[string]struct {
		host settings
		look browsertest.Options
		says string
	}{
		"widget":            {settings{Locale: "en-US", Shop: shop{Currency: "USD", Items: goods, Codes: []string{"WELCOME10"}}}, browsertest.Options{Width: 640}, "Pay $168.74"},
		"widget-phone-dark": {settings{Locale: "en-US", Theme: "dark", Shop: shop{Currency: "USD", Items: goods, Mode: "test"}}, browsertest.Options{Width: 390, Touch: true, Dark: true}, "Pay $186.89"},
	} {
		t.Run(name, func(t *testing.T) {
			browsertest.Picture(t, picturesOfDocs, name, tt.look.Width, mostOfPicture, func(t *testing.T) {
				tt.host.OpenAI, tt.host.ShopMeta, tt.look.ReducedMotion = chatGPT, shopMeta, true
				tab := tt.host.open(t, browsertest.Open(t), tt.look)
				tab.WaitText("#buy", tt.says)
				tab.Screenshot(name)
				tab.Check()
			})
		})
	}
}
