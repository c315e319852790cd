package review

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
)

// Bounds of a survey.
const (
	pageItems   = 1000 // read at once
	maxNamed    = 3    // that a finding names
	maxChoices  = 50   // products that test cases are chosen from
	maxOrigins  = 100  // of pictures that are told apart
	listedFirst = 10   // products that a search shows
)

// goods is what a survey of the catalogue found.
type goods struct {
	items, digital, foreign int64    // foreign are priced in another currency than the shop's
	digitalNames            []string // of the first ones
	unshown                 map[string]int64
	// choices are items that can be bought and shipped, of different products,
	// in the order of their ids.
	choices []catalog.Item
	chosen  map[string]bool // product ids
	// sample is the item that the test cases are about, and delivery how it gets
	// to its buyer.
	sample   catalog.Item
	delivery delivery
}

// survey walks the whole catalogue.
func survey(ctx context.Context, c Catalogue, shop *config.MerchantConfig, l mcp.Listing) (*goods, error) {
	g := &goods{unshown: map[string]int64{}, chosen: map[string]bool{}}
	var shown []string
	if csp := metaOf(l).UI.CSP; csp != nil {
		shown = csp.Resources
	}
	for after := ""; ; {
		items, err := c.ListItems(ctx, shop.ID, after, pageItems)
		if err != nil {
			return nil, err
		}
		for i := range items {
			g.add(&items[i], shop, shown)
		}
		if len(items) < pageItems {
			return g, nil
		}
		after = items[len(items)-1].ID
	}
}

func (g *goods) add(it *catalog.Item, shop *config.MerchantConfig, shown []string) {
	g.items++
	if it.Currency != shop.Currency {
		g.foreign++
	}
	for _, image := range it.Images[:min(len(it.Images), 1)] {
		if strings.HasPrefix(image, "/") {
			continue // of our own origin
		}
		u, err := url.Parse(image)
		if err != nil {
			continue
		}
		origin := u.Scheme + "://" + strings.ToLower(u.Host)
		if _, seen := g.unshown[origin]; !slices.Contains(shown, origin) && (seen || len(g.unshown) < maxOrigins) {
			g.unshown[origin]++
		}
	}
	if it.Kind == catalog.Digital {
		if g.digital++; len(g.digitalNames) < maxNamed {
			g.digitalNames = append(g.digitalNames, it.Title)
		}
		return
	}
	if len(g.choices) < maxChoices && !g.chosen[it.ProductID] && it.Currency == shop.Currency && it.Price > 0 && it.Available() > 0 &&
		it.Availability == catalog.InStock {
		g.chosen[it.ProductID] = true
		g.choices = append(g.choices, *it)
	}
}

// goods checks what the shop sells.
func (c *checker) goods(g *goods) {
	const title, pictures = "Physical goods only", "Pictures of the goods"
	if g.items == 0 {
		c.missing("catalogue", "Catalogue", "Nothing is for sale.", "", "checkstand import FILE")
		return
	}
	c.met("catalogue", "Catalogue", count(g.items, "item"))
	if g.digital > 0 {
		c.missing("physical_goods", title, fmt.Sprintf("Not shipped: %s, such as %s. Apps may not sell digital goods, gift cards or services.", count(g.digital, "item"), strings.Join(g.digitalNames, ", ")), "",
			"Import the catalogue without them (checkstand import --replace FILE), or describe a shop under merchants for the app that sells the others alone.")
	} else {
		c.met("physical_goods", title, "everything is shipped")
	}
	if c.shop().MaxTip != "" {
		c.advised("tips", "No tips", "The widget lets buyers add a tip, which is not among the physical goods that apps may sell.", "max_tip",
			"Remove it, or describe a shop under merchants for the app that takes no tips.")
	}
	if g.foreign > 0 {
		c.advised("currency", "Currency", fmt.Sprintf("Priced in another currency than the shop's, %s, so that nobody can buy them: %s.", strings.ToUpper(c.shop().Currency), count(g.foreign, "item")), "", "checkstand import --currency "+c.shop().Currency+" FILE")
	}
	if len(g.unshown) > 0 {
		origins := slices.Sorted(maps.Keys(g.unshown))
		var n int64
		for _, of := range g.unshown {
			n += of
		}
		c.advised("picture_domains", pictures, fmt.Sprintf("Those of %s are not shown in the widget: they come from %s.", count(n, "item"), strings.Join(origins, ", ")),
			"app.picture_domains", "Add these origins.")
	} else {
		c.met("picture_domains", pictures, "all from origins that the widget may load from")
	}
	c.delivery(g)
}

func (c *checker) delivery(g *goods) {
	const title = "Delivery"
	if g.sample.ID == "" {
		return // there is nothing to deliver
	}
	var ways []string
	for _, o := range g.delivery.options {
		ways = append(ways, o.Title)
	}
	if len(ways) == 0 {
		c.missing("delivery", title, "No way of delivery takes "+g.sample.Title+" anywhere, so nobody could buy it.", "shipping", "Describe one that does.")
		return
	}
	c.met("delivery", title, strings.Join(ways, ", ")+" to "+g.delivery.country)
}

// count writes a number with its noun.
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
