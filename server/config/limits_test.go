package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/config"
)

// A server that says nothing has the limits of whoever has no configuration.
func TestDefaultLimitsOfRequests(t *testing.T) {
	if got := config.Default().Limits.Requests(); got != acp.DefaultLimits() {
		t.Errorf("%+v", got)
	}
}

// A limit may be as low and as high as its bounds, and what is beyond them is
// refused with both.
func TestBoundsOfLimits(t *testing.T) {
	for key, b := range map[string]struct{ kind, tooLow, least, most, tooHigh string }{
		"line_items":            {"number", "0", "1", "256", "257"},
		"quantity":              {"number", "0", "1", "1000000000", "1000000001"},
		"discount_codes":        {"number", "0", "1", "100", "101"},
		"metadata_members":      {"number", "0", "1", "500", "501"},
		"metadata_bytes":        {"number", "1023", "1024", "262144", "262145"},
		"idempotency_retention": {"duration", "23h59m59s", "24h", "720h", "720h0m1s"},
		"unsold_retention":      {"duration", "23h59m59s", "24h", "8760h", "8760h0m1s"},
	} {
		parse := func(value string) error {
			_, err := config.Parse("checkstand.yaml", []byte("limits: {"+key+": "+value+"}"+minimal), nil)
			return err
		}
		for _, value := range []string{b.least, b.most} {
			if err := parse(value); err != nil {
				t.Errorf("%s of %s: %v", key, value, err)
			}
		}
		for _, value := range []string{b.tooLow, b.tooHigh} {
			want := fmt.Sprintf("checkstand.yaml:1: limits.%s: %s is outside its bounds; write a %s from %s to %s\n", key, value, b.kind, b.least, b.most)
			if err := parse(value); err == nil || !strings.Contains(err.Error()+"\n", want) {
				t.Errorf("%s of %s: %v\nwant %s", key, value, err, want)
			}
		}
	}
}
