package simulator_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

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
			browsertest.Picture(t, picturesOfDocs, name, opts.Width, mostOfPicture, func(t *testing.T) {
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
			})
		})
	}
}
