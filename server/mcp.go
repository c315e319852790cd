package server

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/ui"
)

// chats makes the surface for chats: the apps of the shops that have one, and
// the protocol's MCP binding over its HTTP surface.
func (a *App) chats(protocol http.Handler) (*mcp.Surface, error) {
	cfg := mcp.Config{Core: a.core, Merchants: a.merchants, Catalogue: a.store, Orders: a.store, REST: protocol,
		BaseURL: strings.TrimSuffix(a.cfg.PublicURL, "/"), Version: chatVersion, BodyLimit: a.cfg.Limits.BodyBytes, Requests: a.cfg.Limits.Requests(),
		CompleteWait: a.completeWait(), Now: a.now, Log: a.log, Limits: a.limits}
	for i := range a.cfg.Merchants {
		if mc := &a.cfg.Merchants[i]; mc.App.Enabled {
			app, err := chatApp(mc)
			if err != nil {
				return nil, err
			}
			cfg.Apps = append(cfg.Apps, app)
		}
	}
	return mcp.New(cfg)
}

// completeWait is how long a call may wait for another's payment and still have
// the time to ask about it itself before its answer is due.
func (a *App) completeWait() time.Duration {
	p := a.cfg.Payments
	return max(time.Second, a.cfg.Limits.WriteTimeout-p.Timeout-p.UnknownBudget-time.Second)
}

// chatVersion is the version of the tools and the widget that hosts are told.
const chatVersion = "1"

func chatApp(mc *config.MerchantConfig) (mcp.App, error) {
	widget, err := ui.ShopWidget(mc.Accent)
	if err != nil {
		return mcp.App{}, fmt.Errorf("accent_color of %s: %w", mc.ID, err)
	}
	c := &mc.App
	app := mcp.App{MerchantID: mc.ID, Agent: c.Agent, Live: c.Live(), PaymentSheet: c.PaymentSheet, Provider: c.Provider,
		Methods: c.PaymentMethods, NamedMethods: c.MethodForm == "names", ExposeComplete: c.ExposeComplete, Domain: c.Domain,
		Redirects: c.Redirects, Pictures: c.Pictures, Calls: c.Calls, Challenge: c.Challenge,
		Widget: widget, Logo: mc.Logo,
		OAuth: mcp.OAuth{Issuer: c.OAuth.Issuer, Audience: c.OAuth.Audience, JWKSURL: c.OAuth.JWKSURL, Scopes: c.OAuth.Scopes,
			Documentation: c.OAuth.Documentation, Tools: make(map[string][]string, len(c.OAuth.Tools))}}
	for _, t := range c.OAuth.Tools {
		app.OAuth.Tools[t.Tool] = t.Scopes
	}
	return app, nil
}
