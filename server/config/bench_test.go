package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

// BenchmarkParse reads a shop with the tax table of a whole country.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString(minimal + "    tax:\n      rates:\n")
	for i := range 40_000 {
		fmt.Fprintf(&text, "        - {country: US, region: CA, postal_prefix: \"%05d\", percent: \"8.875\", name: Sales tax}\n", i)
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.Parse("c.yaml", data, nil); err != nil {
			b.Fatal(err)
		}
	}
}
