package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

// FuzzParse: whatever the file and a variable hold, Parse answers with a usable
// configuration or with problems of one line each.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("../../examples/checkstand.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{
		string(example), minimal, "", "a: [1", "- 1", "x: &x {y: *x}", "<<: {}", "listen: ${A} $${ ${file:x}",
		"merchants: [{shipping: [{tiers: [{up_to: -1, price: 9e9}]}]}]", "? [a]\n: b", "log: !!binary aGk=", "\xff\xfe", "sealing_keys: [~, {}, a]",
	} {
		f.Add(text, "CHECKSTAND_LISTEN=:1")
		f.Add(text, "CHECKSTAND_MERCHANTS_0_SHIPPING_0_TIERS_1_PRICE=4.90")
	}
	f.Fuzz(func(t *testing.T, text, variable string) {
		if strings.Contains(text+variable, "file:/") || strings.Contains(text+variable, "..") {
			t.Skip("refers to files of this machine")
		}
		c, err := config.Parse("c.yaml", []byte(text), []string{variable})
		if err != nil {
			bad, ok := errors.AsType[*config.Error](err)
			if !ok || len(bad.Problems) == 0 {
				t.Fatalf("error without problems: %v", err)
			}
			for _, p := range bad.Problems {
				if line := p.String(); strings.ContainsAny(line, "\n\r") || p.Message == "" {
					t.Fatalf("not one line: %q", line)
				}
			}
			return
		}
		for _, p := range c.Validate() {
			if p.Severity == config.SeverityError {
				t.Fatalf("Parse accepted what Validate refuses: %v", p)
			}
		}
		if _, err := c.Redacted(); err != nil {
			t.Fatalf("Redacted: %v", err)
		}
		for i := range c.Merchants {
			if _, err := c.Merchants[i].Settings(c.PublicURL); err != nil {
				t.Fatalf("Settings: %v", err)
			}
		}
	})
}
