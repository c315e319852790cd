package simulator_test

import (
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// What the sheet's form lacks is said where Pay was pressed, and the focus goes
// to the first of it; what became of a try is seen there too.
func TestSheetSaysWhatIsMissingInSight(t *testing.T) {
	s := open(t)
	for name, look := range map[string]browsertest.Options{
		"desk":       {Width: 1400, Height: 950},
		"desk-dark":  {Width: 1400, Height: 950, Dark: true},
		"phone":      {Width: 375, Height: 760, Touch: true},
		"phone-dark": {Width: 375, Height: 760, Touch: true, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			tab, widget := ready(t, s, look)
			widget.Click("#buy")
			tab.WaitText("#sheet-title", "Pay Harbour Goods")
			tab.WaitText("#sheet", "Test Buyer, 1 Example Street, San Francisco, CA 94105, US")
			tab.Click("#sheet-pay")
			tab.WaitText("#sheet-notice", "Check these fields: E-mail.")
			if f := tab.Focused(); f.String() != `textbox "E-mail"` {
				t.Errorf("the focus is on %s, want the e-mail address", f)
			}
			if !tab.InWindow("#sheet-notice") || !tab.InWindow("#buyer-email") {
				t.Error("what is missing is not to be seen")
			}
			tab.Screenshot("simulator-missing-" + name)
			check(t, tab)
			choose(tab, "decline")
			tab.Click("#autofill")
			tab.Click("#sheet-pay")
			tab.WaitText("#sheet-notice", "declined")
			if !tab.InWindow("#sheet-notice") || !tab.InWindow("#sheet-pay") {
				t.Error("the decline is not to be seen")
			}
			tab.Screenshot("simulator-declined-" + name)
			check(t, tab)
		})
	}
}
