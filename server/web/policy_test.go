package web

import (
	"strings"
	"testing"
)

func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{"Terms\n\nText.\n", "Terms\r\n\r\n# Heading\r\n\r\nText", "", "\ufeffT\n\n# \n", "a\n\n\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := parsePolicy(text)
		if err != nil {
			return
		}
		if strings.TrimSpace(doc.Title) == "" || len(doc.Blocks) == 0 {
			t.Fatalf("%q: accepted without title or text", text)
		}
		for _, b := range doc.Blocks {
			if strings.TrimSpace(b.Text) == "" || strings.Contains(b.Text, "\n") {
				t.Fatalf("%q: block %q is empty or more than one paragraph", text, b.Text)
			}
		}
	})
}
