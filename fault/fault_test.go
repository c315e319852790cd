package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/fault"
)

func TestFaultsAreFoundHoweverTheyAreWrapped(t *testing.T) {
	brand, label := fault.New("brand", "%q is no brand", "Visa"), fault.New("label", "is longer than %d characters", 128)
	if got, want := brand.Error(), `brand: "Visa" is no brand`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	other := errors.New("something else")
	for name, c := range map[string]struct {
		err    error
		fields []string
	}{
		"nothing":           {nil, nil},
		"something else":    {other, nil},
		"one":               {brand, []string{"brand"}},
		"wrapped":           {fmt.Errorf("card: %w", brand), []string{"brand"}},
		"wrapped with more": {fmt.Errorf("%w: %w", other, label), []string{"label"}},
		"joined":            {errors.Join(brand, other, label), []string{"brand", "label"}},
		"joined in joined":  {errors.Join(fmt.Errorf("cards: %w", errors.Join(label, brand)), brand), []string{"label", "brand", "brand"}},
	} {
		var fields []string
		for _, f := range fault.List(c.err) {
			fields = append(fields, f.Field)
		}
		if fmt.Sprint(fields) != fmt.Sprint(c.fields) {
			t.Errorf("%s: %v, want %v", name, fields, c.fields)
		}
	}
}
