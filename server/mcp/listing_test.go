package mcp_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// What is listed for a store's review is what the server tells hosts.
func TestListingIsWhatIsServed(t *testing.T) {
	settings := mcp.App{MerchantID: servertest.MerchantID, Domain: "https://widget.example.com",
		Pictures: []string{"https://pictures.example.com"}, Redirects: []string{"https://pay.example.com"},
		OAuth: mcp.OAuth{Issuer: "https://login.example.com", Tools: map[string][]string{"get_order": {"orders.read"}}}}
	requests := acp.DefaultLimits()
	requests.LineItems, requests.Quantity, requests.DiscountCodes = 7, 9, 11
	s := open(t, servertest.Options{Configure: selling(func(c *config.Config, a *config.AppConfig) {
		c.Limits.LineItems, c.Limits.Quantity, c.Limits.DiscountCodes = requests.LineItems, requests.Quantity, requests.DiscountCodes
		a.Domain, a.Pictures, a.Redirects = settings.Domain, settings.Pictures, settings.Redirects
		a.OAuth = config.OAuthConfig{Issuer: settings.OAuth.Issuer, Tools: []config.LinkedToolConfig{{Tool: "get_order", Scopes: []string{"orders.read"}}}}
	})})
	listing := mcp.List(settings, "Test Shop", s.BaseURL, requests, true)
	if listing.Endpoint != s.BaseURL+mcp.AppPath {
		t.Errorf("the endpoint is %s", listing.Endpoint)
	}
	if served := s.host.InitializeResult().Instructions; served != listing.Instructions {
		t.Errorf("instructions:\n%s\nserved are\n%s", listing.Instructions, served)
	}
	served, err := s.host.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]*sdk.Tool)
	for _, tool := range served.Tools {
		byName[tool.Name] = tool
	}
	for _, tool := range listing.Tools {
		if got, want := plain(t, byName[tool.Name]), plain(t, tool.Tool); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is listed as\n%v\nand served as\n%v", tool.Name, want, got)
		}
		delete(byName, tool.Name)
	}
	for name := range byName {
		t.Errorf("%s is served and not listed", name)
	}
	widget, err := s.host.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: mcp.WidgetURI})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plain(t, widget.Contents[0].Meta), plain(t, listing.Widget.Meta); !reflect.DeepEqual(got, want) {
		t.Errorf("the widget is listed with\n%v\nand served with\n%v", want, got)
	}
}

// plain is a value as JSON has it.
func plain(t testing.TB, v any) (out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// maxReason bounds a reason, in characters: a form is read by people.
const maxReason = 300

// Every tool sets the three hints that a review asks for, and says why each is
// as it is, in words of its own and not in those of the hint.
func TestEveryToolSaysWhy(t *testing.T) {
	for _, tool := range mcp.List(mcp.App{MerchantID: "shop"}, "Test Shop", "https://shop.example.com", acp.DefaultLimits(), false).Tools {
		h := tool.Annotations
		if h == nil || h.DestructiveHint == nil || h.OpenWorldHint == nil {
			t.Errorf("%s leaves a hint out", tool.Name)
			continue
		}
		if h.ReadOnlyHint && *h.DestructiveHint {
			t.Errorf("%s only reads and destroys", tool.Name)
		}
		for hint, why := range map[string]string{"readOnlyHint": tool.Reasons.ReadOnly, "destructiveHint": tool.Reasons.Destructive, "openWorldHint": tool.Reasons.OpenWorld} {
			switch {
			case len(strings.Fields(why)) < 5 || !strings.HasSuffix(why, ".") || utf8.RuneCountInString(why) > maxReason:
				t.Errorf("%s: %q is no reason for %s", tool.Name, why, hint)
			case strings.Contains(strings.ToLower(why), strings.ToLower(hint)):
				t.Errorf("%s: %q explains the hint by itself", tool.Name, why)
			}
		}
		// The reason agrees with the hint: what only reads says so, and nothing
		// else does.
		if says := strings.HasPrefix(tool.Reasons.ReadOnly, "Only "); says != h.ReadOnlyHint {
			t.Errorf("%s: readOnlyHint is %t, because: %s", tool.Name, h.ReadOnlyHint, tool.Reasons.ReadOnly)
		}
	}
}
