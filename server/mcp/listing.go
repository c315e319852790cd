package mcp

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
)

// Reasons say why a tool has its hints, a sentence or two each, as the form of
// a store's review asks for them.
type Reasons struct {
	ReadOnly    string `json:"read_only"`
	Destructive string `json:"destructive"`
	OpenWorld   string `json:"open_world"`
}

// Listing is what hosts read of an app, once: a store keeps it as it was when
// the app was submitted.
type Listing struct {
	Endpoint     string // the address that hosts are given
	Instructions string
	Tools        []ListedTool // in the order of a purchase
	Widget       *sdk.Resource
}

// ListedTool is a tool as hosts list it.
type ListedTool struct {
	*sdk.Tool
	// Hidden says that the model does not see it: only the widget and the
	// payment sheet call it.
	Hidden  bool
	Reasons Reasons
}

// List makes the listing of an app from the very tools that New serves, without
// serving them. shop is the shop's name, baseURL the public origin without a
// slash at the end, requests the server's limits; first says whether the app is the first one, which is at
// AppPath.
func List(settings App, shop, baseURL string, requests acp.Limits, first bool) Listing {
	path := AppPath
	if !first {
		path += "/" + url.PathEscape(settings.MerchantID)
	}
	a := &app{App: &settings, surface: &Surface{Config: Config{BaseURL: baseURL, Requests: requests}}, shop: shop,
		identity: newIdentity(settings.OAuth, baseURL, path, http.DefaultClient, time.Now, slog.New(slog.DiscardHandler))}
	l := Listing{Endpoint: baseURL + path, Instructions: a.instructions(), Widget: a.widget()}
	for _, t := range a.tools() {
		l.Tools = append(l.Tools, ListedTool{Tool: t.describe(a.surface, a.identity), Hidden: t.hidden, Reasons: t.reasons})
	}
	return l
}
