package web_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

const (
	picturesOfDocs = "../../docs/images"
	// mostOfPicture keeps a clone small.
	mostOfPicture = 150 << 10
)

// The pictures of the documentation are of the page, and small. With -update
// they are taken anew.
func TestPicturesOfTheDocumentation(t *testing.T) {
	shown := with(filledIn(), func(c *web.Checkout) {
		c.Lines[1].ImageURL, c.Lines[1].Title, c.Lines[1].Amount = "/pictures/apron-linen-indigo.svg", "Linen Apron", 4400
		c.Totals[0].Amount, c.Totals[2].Amount, c.Totals[3].Amount = 8000, 731, 9321
		c.Deliveries = c.Deliveries[:2]
	})
	for name, picture := range map[string]struct {
		c    *checkouts
		opts browsertest.Options
	}{
		"checkout-light": {&checkouts{view: shown}, browsertest.Options{Width: 720}},
		"checkout-dark":  {&checkouts{view: shown}, browsertest.Options{Width: 720, Dark: true}},
		"checkout-phone": {&checkouts{view: empty()}, browsertest.Options{Width: 390, Touch: true}},
	} {
		t.Run(name, func(t *testing.T) {
			browsertest.Picture(t, picturesOfDocs, name, picture.opts.Width, mostOfPicture, func(t *testing.T) {
				tab := browsertest.Open(t).Tab(t, picture.opts)
				tab.Go(visited(t, picture.c) + session)
				tab.Screenshot(name)
			})
		})
	}
}
