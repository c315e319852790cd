package text

import (
	"os"
	"strings"
	"testing"
)

func TestTownIsWrittenAsItsCountryDoes(t *testing.T) {
	for want, a := range map[string]struct{ country, city, state, postalCode string }{
		"San Francisco, CA 94105": {"US", "San Francisco", "CA", "94105"},
		"San Francisco":           {"US", "San Francisco", "", ""},
		"CA 94105":                {"US", "", "CA", "94105"},
		"Toronto ON M5V 2T6":      {"CA", "Toronto", "ON", "M5V 2T6"},
		"London SW1A 1AA":         {"GB", "London", "", "SW1A 1AA"},
		"10115 Berlin":            {"DE", "Berlin", "", "10115"},
		"00184 Roma RM":           {"IT", "Roma", "RM", "00184"},
		"":                        {"DE", "", "", ""},
	} {
		if got := Town(a.country, a.city, a.state, a.postalCode); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The widget in the chat writes an address as the pages do.
func TestTheWidgetWritesTownsAlike(t *testing.T) {
	widget, err := os.ReadFile("../ui/widget/src/town.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"codeLast": codeLast, "commaState": commaState} {
		_, after, _ := strings.Cut(string(widget), name+" ")
		_, after, _ = strings.Cut(after, `"`)
		codes, _, _ := strings.Cut(after, `"`)
		if codes != strings.Join(want, " ") {
			t.Errorf("%s is %q in the widget and %q here", name, codes, want)
		}
	}
}
