package widget_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

var update = flag.Bool("update", false, "take the pictures of the documentation anew")

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
			if *update {
				t.Setenv(browsertest.EnvScreenshots, picturesOfDocs)
				tt.host.OpenAI, tt.host.ShopMeta, tt.look.ReducedMotion = chatGPT, shopMeta, true
				tab := tt.host.open(t, browsertest.Open(t), tt.look)
				tab.WaitText("#buy", tt.says)
				tab.Screenshot(name)
				tab.Check()
				pack(t, filepath.Join(picturesOfDocs, name+".png"))
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
			if err != nil || seen.Width != tt.look.Width || info.Size() > mostOfPicture {
				t.Errorf("%d pixels wide, %d bytes, %v; want %d and at most %d", seen.Width, info.Size(), err, tt.look.Width, mostOfPicture)
			}
		})
	}
}

// pack writes a picture again, smaller and the same.
func pack(t *testing.T, name string) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
