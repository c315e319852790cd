package mcp

import (
	"context"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// WidgetURI is the checkout widget's address in ChatGPT, which is fixed: the
// product sidebar asks for it. Hosts keep what they have read under it, so the
// page stays understandable to older tools and the tools to older pages.
const (
	WidgetURI      = "ui://widget/checkout-session.html"
	widgetMIMEType = "text/html;profile=mcp-app"
)

const widgetSummary = "The buyer sees the cart with quantities, delivery and the total, and can change and pay it there. Do not repeat the cart in words."

// addWidget publishes the widget.
func (a *app) addWidget(server *sdk.Server) {
	w := a.widget()
	server.AddResource(w, func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: WidgetURI, MIMEType: widgetMIMEType, Text: a.Widget, Meta: w.Meta}}}, nil
	})
}

// widget describes the widget with what it may load and where it may send the
// buyer, under the names of today and those of older hosts.
func (a *app) widget() *sdk.Resource {
	pictures := unique(append([]string{a.surface.BaseURL}, a.Pictures...))
	redirects := unique(append([]string{a.surface.BaseURL}, a.Redirects...))
	none := []string{}
	ui := map[string]any{"csp": map[string]any{"connectDomains": none, "resourceDomains": pictures, "frameDomains": none}, "prefersBorder": true}
	meta := sdk.Meta{"ui": ui, "openai/widgetDescription": widgetSummary, "openai/widgetPrefersBorder": true,
		"openai/widgetCSP": map[string]any{"connect_domains": none, "resource_domains": pictures, "frame_domains": none, "redirect_domains": redirects}}
	if a.Domain != "" {
		ui["domain"], meta["openai/widgetDomain"] = a.Domain, a.Domain
	}
	return &sdk.Resource{URI: WidgetURI, Name: "checkout-session", Title: "Checkout", MIMEType: widgetMIMEType,
		Description: "The cart and checkout of " + a.shop + ".", Meta: meta}
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
