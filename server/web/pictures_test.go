package web_test

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/server/web"
)

var update = flag.Bool("update", false, "take the pictures of the documentation anew")

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
			if *update {
				t.Setenv(browsertest.EnvScreenshots, picturesOfDocs)
				tab := browsertest.Open(t).Tab(t, picture.opts)
				tab.Go(visited(t, picture.c) + session)
				tab.Screenshot(name)
			}
			f, err := os.Open(filepath.Join(picturesOfDocs, name+".png"))
			if err != nil {
				t.Fatalf("%v; take it with -update", err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			seen, err := png.DecodeConfig(f)
			if err != nil || seen.Width != picture.opts.Width || info.Size() > mostOfPicture {
				t.Errorf("%d pixels wide, %d bytes, %v; want %d and at most %d", seen.Width, info.Size(), err, picture.opts.Width, mostOfPicture)
			}
		})
	}
}
