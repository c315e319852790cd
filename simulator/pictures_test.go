package simulator_test

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
	picturesOfDocs = "../docs/images"
	// mostOfPicture keeps a clone small.
	mostOfPicture = 200 << 10
)

// The pictures of the documentation are of the simulator, and small. With
// -update they are taken anew.
func TestPicturesOfTheDocumentation(t *testing.T) {
	for name, opts := range map[string]browsertest.Options{
		"simulator-widget": {Width: 1200, Height: 800, ReducedMotion: true},
		"simulator-sheet":  {Width: 1200, Height: 800, ReducedMotion: true, Dark: true},
		"simulator-checks": {Width: 1200, Height: 800, ReducedMotion: true},
	} {
		t.Run(name, func(t *testing.T) {
			if *update {
				t.Setenv(browsertest.EnvScreenshots, picturesOfDocs)
				s := open(t)
				tab, widget := ready(t, s, opts)
				switch name {
				case "simulator-sheet":
					widget.Click("#buy")
					tab.WaitText("#sheet-pay", "Pay $")
				case "simulator-checks":
					widget.Click("#buy")
					pay(t, tab, "approve")
					widget.WaitText("h1", "Thank you")
					tab.WaitGone("#sheet form")
					tab.Click("#inspector-checks")
					tab.WaitText("#inspector-panel", "Nothing to put right")
				}
				tab.Screenshot(name)
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
			if err != nil || seen.Width != opts.Width || info.Size() > mostOfPicture {
				t.Errorf("%d pixels wide, %d bytes, %v; want %d and at most %d", seen.Width, info.Size(), err, opts.Width, mostOfPicture)
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
