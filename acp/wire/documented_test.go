package wire_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// The example of docs/buyer.md is a request in which everything is read.
func TestTheDocumentedAnswersAboutMarketing(t *testing.T) {
	page, err := os.ReadFile("../../docs/buyer.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```json consents\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the page has no example of marketing_consents")
	}
	doc, err := wire.Parse([]byte(example), acp.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	req, err := wire.Newest().DecodeComplete(doc)
	want := []acp.MarketingConsent{{Channel: "email", OptedIn: true}, {Channel: "sms"}}
	if err != nil || !slices.Equal(req.Consents, want) || len(doc.Unknown()) > 0 {
		t.Errorf("%+v, %v; nobody reads %v", req.Consents, err, doc.Unknown())
	}
}
