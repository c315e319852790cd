package server

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
)

// Listing is what hosts read of the app of the shop with that index, whether or
// not it is switched on: for whoever submits it to a store.
func Listing(cfg *config.Config, shop int) (mcp.Listing, error) {
	app, err := chatApp(&cfg.Merchants[shop])
	if err != nil {
		return mcp.Listing{}, err
	}
	first := !slices.ContainsFunc(cfg.Merchants[:shop], func(m config.MerchantConfig) bool { return m.App.Enabled })
	return mcp.List(app, cfg.Merchants[shop].Name, strings.TrimSuffix(cfg.PublicURL, "/"), cfg.Limits.Requests(), first), nil
}
