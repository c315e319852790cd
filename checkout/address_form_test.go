package checkout

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The widget asks for what an address needs in a country, and that is what is
// checked here.
func TestTheWidgetAsksForWhatAnAddressNeeds(t *testing.T) {
	source, err := os.ReadFile("../ui/widget/src/views/countries.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"withPostalCode": slices.Sorted(maps.Keys(postalCodes)),
		"withState":      slices.Sorted(maps.Keys(regionNames)),
	} {
		found := regexp.MustCompile(`const ` + name + ` = "([A-Z ]*)"`).FindSubmatch(source)
		if found == nil {
			t.Errorf("the widget has no list %s", name)
			continue
		}
		if got := strings.Fields(string(found[1])); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}
