package feed_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/feed"
)

// openCatalog opens a real export, which is kept beside the repository.
func openCatalog(t testing.TB, name string) *os.File {
	t.Helper()
	shared := os.Getenv("CHECKSTAND_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(shared, "catalogs", name))
	if err != nil {
		t.Skipf("the real catalogues are not here (set CHECKSTAND_SHARED): %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// summarise writes what matters of an item on one line: id | options | price |
// list price | kind | categories | images | grams.
func summarise(it catalog.Item) string {
	var options, images []string
	for _, o := range it.Options {
		options = append(options, o.Name+"="+o.Value)
	}
	for _, image := range it.Images {
		name := path.Base(image)
		images = append(images, strings.TrimSuffix(strings.TrimSuffix(name, path.Ext(name)), "_925x"))
	}
	return fmt.Sprintf("%s | %s | %d | %d | %s | %s | %s | %d", it.ID, strings.Join(options, ", "), it.Price, it.ListPrice, it.Kind,
		strings.Join(it.Categories, ", "), strings.Join(images, " "), it.WeightGrams)
}

// What every item of the real exports must be, read off the files by eye and
// checked against a second reading of them.
var realCatalogs = []struct {
	file    string
	summary feed.Summary
	items   []string
}{
	{
		file: "shopify-apparel.csv",
		summary: feed.Summary{
			Format: feed.ShopifyCSV, Rows: 22, Products: 20, Variants: 22, Rejected: 0, Skipped: 0,
			Findings: feed.Counts{Infos: 22, Codes: map[string]int{feed.CodeStockNotTracked: 22}},
		},
		items: []string{
			"ocean-blue-shirt |  | 5000 | 0 | physical |  | young-man-in-bright-fashion | 0",
			"classic-varsity-top--small | Size=Small | 6000 | 0 | physical |  | casual-fashion-woman | 0",
			"classic-varsity-top--medium | Size=Medium | 6000 | 0 | physical |  | casual-fashion-woman | 0",
			"classic-varsity-top--large | Size=Large | 6000 | 0 | physical |  | casual-fashion-woman | 0",
			"yellow-wool-jumper |  | 8000 | 0 | physical |  | autumn-photographer-taking-picture | 0",
			"floral-white-top |  | 7500 | 0 | physical |  | city-woman-fashion_925x@2x | 0",
			"striped-silk-blouse |  | 5000 | 0 | physical |  | striped-blouse-fashion | 0",
			"classic-leather-jacket |  | 8000 | 0 | physical |  | leather-jacket-and-tea | 0",
			"dark-denim-top |  | 6000 | 0 | physical |  | young-female-models-denim | 0",
			"navy-sport-jacket |  | 6000 | 0 | physical |  | mens-fall-fashion-jacket | 0",
			"dark-winter-jacket |  | 5000 | 0 | physical |  | smiling-woman-on-snowy-afternoon | 0",
			"black-leather-bag |  | 3000 | 0 | physical |  | black-bag-over-the-shoulder | 0",
			"zipped-jacket |  | 6500 | 0 | physical |  | menswear-blue-zip-up-jacket | 0",
			"silk-summer-top |  | 7000 | 0 | physical |  | young-hip-woman-at-carnival | 0",
			"longsleeve-cotton-top |  | 5000 | 0 | physical |  | woman-outside-brownstone | 0",
			"chequered-red-shirt |  | 5000 | 0 | physical |  | red-plaid-shirt | 0",
			"white-cotton-shirt |  | 3000 | 0 | physical |  | smiling-woman-poses | 0",
			"olive-green-jacket |  | 6500 | 0 | physical |  | urban-fashion | 0",
			"blue-silk-tuxedo |  | 7000 | 0 | physical |  | man-adjusts-blue-tuxedo-bowtie | 0",
			"red-sports-tee |  | 5000 | 0 | physical |  | womens-red-t-shirt | 0",
			"striped-skirt-and-top |  | 5000 | 0 | physical |  | woman-in-the-city | 0",
			"led-high-tops |  | 8000 | 0 | physical |  | putting-on-your-shoes | 0",
		},
	},
	{
		file: "shopify-home-and-garden.csv",
		summary: feed.Summary{
			Format: feed.ShopifyCSV, Rows: 21, Products: 20, Variants: 21, Rejected: 0, Skipped: 0,
			Findings: feed.Counts{Infos: 20, Codes: map[string]int{feed.CodeStockNotTracked: 20}},
		},
		items: []string{
			"clay-plant-pot--regular | Size=Regular | 999 | 0 | physical | Outdoor | single-sprout-in-a-pot pot-with-a-single-sprout | 0",
			"clay-plant-pot--large | Size=Large | 1599 | 0 | physical | Outdoor | single-sprout-in-a-pot pot-with-a-single-sprout | 0",
			"copper-light |  | 5999 | 7500 | physical | Indoor | copper-light-in-bedroom | 0",
			"cream-sofa |  | 50000 | 75000 | physical | Indoor | condominium-interior-livingroom | 0",
			"antique-drawers |  | 25000 | 30000 | physical | Indoor | babys-room | 0",
			"white-bed-clothes |  | 2999 | 3500 | physical | Indoor | bright-hotel-room-bed | 0",
			"pink-armchair |  | 75000 | 0 | physical | Indoor | soft-pink-cushioned-armchair-in-stately-salon | 0",
			"wooden-outdoor-table |  | 9999 | 0 | physical | Outdoor | cafe-patio | 0",
			"brown-throw-pillows |  | 1999 | 2599 | physical | Indoor | bedroom-bed-with-brown-throw-pillows | 0",
			"white-ceramic-pot |  | 1599 | 3000 | physical | Indoor | house-plant-in-white-pot | 0",
			"yellow-watering-can |  | 4099 | 5000 | physical | Outdoor | flowers-in-yellow-watering-can | 0",
			"gardening-hand-trowel |  | 1099 | 2500 | physical | Outdoor | spring-gardening-set-up | 0",
			"biodegradable-cardboard-pots |  | 1000 | 0 | physical | Outdoor | potted-seeds | 0",
			"grey-sofa |  | 2999 | 3500 | physical | Indoor | large-grey-sofa-by-brick-wall | 0",
			"wooden-outdoor-slats |  | 2599 | 3500 | physical | Outdoor | house-plant-on-wooden-slat-wall | 0",
			"wooden-fence |  | 20000 | 30000 | physical | Outdoor | picket-fence-flowers | 0",
			"yellow-sofa |  | 9999 | 15000 | physical | Indoor | yellow-couch-by-black-and-white-mural | 0",
			"knitted-throw-pillows |  | 1999 | 2599 | physical | Indoor | yellow-sofa-with-throw-pillows | 0",
			"vanilla-candle |  | 1599 | 3000 | physical | Indoor | diy-organic-candle | 0",
			"black-bean-bag |  | 6999 | 8000 | physical | Indoor | comfortable-living-room-cat | 0",
			"bedside-table |  | 6999 | 8500 | physical | Indoor | dark-wall-bedside-table | 0",
		},
	},
	{
		file: "shopify-jewelery.csv",
		summary: feed.Summary{
			Format: feed.ShopifyCSV, Rows: 41, Products: 20, Variants: 23, Rejected: 0, Skipped: 0,
			Findings: feed.Counts{Infos: 23, Codes: map[string]int{feed.CodeStockNotTracked: 23}},
		},
		items: []string{
			"chain-bracelet--blue | Color=Blue | 4299 | 4499 | physical | Bracelet | navy-blue-chakra-bracelet 7-chakra-bracelet | 0",
			"chain-bracelet--black | Color=Black | 4299 | 4499 | physical | Bracelet | 7-chakra-bracelet navy-blue-chakra-bracelet | 0",
			"leather-anchor--gold | Color=Gold | 6999 | 8500 | physical | Bracelet | anchor-bracelet-mens anchor-bracelet-for-men leather-anchor-bracelet-for-men | 0",
			"leather-anchor--silver | Color=Silver | 5500 | 8500 | physical | Bracelet | anchor-bracelet-for-men anchor-bracelet-mens leather-anchor-bracelet-for-men | 0",
			"bangle-bracelet |  | 3999 | 4399 | physical | Bracelet | bangle-bracelet-with-jewels | 0",
			"bangle-bracelet-with-feathers |  | 4299 | 4499 | physical | Bracelet | bangle-bracelet-with-feathers | 0",
			"boho-earrings |  | 2799 | 3599 | physical | Earrings | boho-earrings inspired-woman necklace-earrings-set | 28",
			"choker-with-bead |  | 1499 | 1999 | physical | Necklace | black-choker-with-bead choker-with-bead | 0",
			"choker-with-gold-pendant |  | 2999 | 0 | physical | Necklace | choker-with-gold-pendant choker-pendant-closeup | 0",
			"choker-with-triangle |  | 4799 | 4999 | physical | Necklace | choker-with-triangle | 0",
			"dainty-gold-neclace |  | 6399 | 6999 | physical | Necklace | dainty-gold-necklace womens-gold-necklace | 0",
			"dreamcatcher-pendant-necklace |  | 2399 | 4199 | physical | Necklace | dreamcatcher-pendant-necklace gold-dream-catcher-necklace | 0",
			"galaxy-earrings |  | 3799 | 4599 | physical | Earrings | galaxy-earrings | 0",
			"gemstone--blue | Colour=Blue | 2799 | 2999 | physical | Necklace | blue-gemstone-pendant gemstone-necklace womens-necklace purple-gemstone-necklace | 0",
			"gemstone--purple | Colour=Purple | 2799 | 2999 | physical | Necklace | purple-gemstone-necklace blue-gemstone-pendant gemstone-necklace womens-necklace | 0",
			"gold-bird-necklace |  | 7999 | 0 | physical | Necklace | gold-bird-necklace | 0",
			"looped-earrings |  | 5499 | 0 | physical | Earrings | elephant-earrings | 0",
			"guardian-angel-earrings |  | 1999 | 0 | physical | Earrings | guardian-angel-earrings guardian-angel-earring-closeup | 0",
			"moon-charm-bracelet |  | 4799 | 4999 | physical | Bracelet | womens-hand-moon-bracelet- moon-friendship-bracelet womens-hand-charm-bracelet | 0",
			"origami-crane-necklace |  | 7599 | 0 | physical | Necklace | origami-crane-necklace-gold silver-origami-necklace origami-crane-necklace womens-green-turtleneck | 0",
			"pretty-gold-necklace |  | 4495 | 6399 | physical | Necklace | pretty-gold-necklace necklace-earrings-set inspired-woman | 0",
			"silver-threader-necklace |  | 1499 | 1999 | physical | Necklace | silver-threader-necklace threader-necklace-closeup | 0",
			"stylish-summer-neclace |  | 4499 | 0 | physical | Necklace | stylish-summer-necklace | 0",
		},
	},
	{
		file: "woocommerce-sample-products.csv",
		summary: feed.Summary{
			Format: feed.WooCommerceCSV, Rows: 24, Products: 13, Variants: 20, Rejected: 0, Skipped: 2,
			Findings: feed.Counts{Warnings: 5, Infos: 1, Codes: map[string]int{feed.CodeAnyOption: 3, feed.CodeHidden: 1, feed.CodeExternal: 2}},
		},
		items: []string{
			"743 |  | 4500 | 0 | physical | Clothing > Hoodies | hoodie-with-logo | 0",
			"745 |  | 1800 | 2000 | physical | Clothing > Accessories | beanie | 0",
			"746 |  | 5500 | 6500 | physical | Clothing > Accessories | belt | 0",
			"747 |  | 1600 | 1800 | physical | Clothing > Accessories | cap | 0",
			"748 |  | 9000 | 0 | physical | Clothing > Accessories | sunglasses | 0",
			"749 |  | 3500 | 4500 | physical | Clothing > Hoodies | hoodie-with-pocket | 0",
			"753 |  | 1500 | 0 | digital | Music | cc-album | 0",
			"754 |  | 200 | 300 | digital | Music | cc-single | 0",
			"758 | Color=Red, Logo=No | 4200 | 4500 | physical | Clothing > Hoodies | hoodie-no-pocket-red hoodie-no-pocket-blue hoodie-no-pocket-green hoodie-with-logo | 0",
			"759 | Color=Green, Logo=No | 4500 | 0 | physical | Clothing > Hoodies | hoodie-no-pocket-green hoodie-no-pocket-red hoodie-no-pocket-blue hoodie-with-logo | 0",
			"760 | Color=Blue, Logo=No | 4500 | 0 | physical | Clothing > Hoodies | hoodie-no-pocket-blue hoodie-no-pocket-red hoodie-no-pocket-green hoodie-with-logo | 0",
			"761 |  | 1800 | 0 | physical | Clothing > Tshirts | t-shirt.-with-logo | 0",
			"762 |  | 2000 | 0 | physical | Clothing > Accessories | beanie-wth-logo | 0",
			"883 | Color=Blue | 2500 | 0 | physical | Clothing > Tshirts | t-shirt-blue t-shirt-green t-shirt-red | 0",
			"884 | Color=Green | 2500 | 0 | physical | Clothing > Tshirts | t-shirt-green t-shirt-blue t-shirt-red | 0",
			"885 | Color=Red | 2500 | 0 | physical | Clothing > Tshirts | t-shirt-red t-shirt-green t-shirt-blue | 0",
			"886 |  | 1500 | 0 | physical | Clothing > Accessories | scarf | 0",
			"894 | Color=Red, Logo=Yes | 4500 | 0 | physical | Clothing > Hoodies | hoodie-no-pocket-red-with-logo hoodie-no-pocket-red hoodie-no-pocket-blue hoodie-no-pocket-green hoodie-with-logo | 0",
			"895 | Color=Blue, Logo=Yes | 4500 | 0 | physical | Clothing > Hoodies | hoodie-no-pocket-blue-with-logo hoodie-no-pocket-red hoodie-no-pocket-blue hoodie-no-pocket-green hoodie-with-logo | 0",
			"897 | Color=Green, Logo=Yes | 4500 | 0 | physical | Clothing > Hoodies | hoodie-no-pocket-green-with-logo hoodie-no-pocket-red hoodie-no-pocket-blue hoodie-no-pocket-green hoodie-with-logo | 0",
		},
	},
	{
		file: "google-merchant-small.xml",
		summary: feed.Summary{
			Format: feed.GoogleXML, Rows: 11, Products: 11, Variants: 11, Rejected: 0, Skipped: 0,
			Findings: feed.Counts{},
		},
		items: []string{
			"fully-custom-radio-strap |  | 16500 | 0 | physical | Radio Straps | fully-custom-radio-strap | 0",
			"smokey-radio-strap |  | 23500 | 0 | physical | Radio Straps | smokey-radio-strap | 0",
			"basic-radio-strap |  | 11500 | 0 | physical | Radio Straps | basic-radio-strap | 0",
			"basket-weave-belt |  | 8500 | 0 | physical | Belts | basket-weave-belt | 0",
			"helmet-band |  | 5000 | 0 | physical | Accessories | helmet-band | 0",
			"glove-strap |  | 3000 | 0 | physical | Accessories | glove-strap | 0",
			"leather-patch-hat |  | 3000 | 0 | physical | Accessories > Hats | leather-patch-hat | 0",
			"heavy-duty-belt |  | 5000 | 0 | physical | Belts | heavy-duty-belt | 0",
			"chin-strap |  | 3500 | 0 | physical | Accessories | chin-strap | 0",
			"leather-butter |  | 800 | 0 | physical | Leather Care | leather-butter | 0",
			"velcro-patch |  | 700 | 0 | physical | Accessories | velcro-patch | 0",
		},
	},
}

func TestRealCatalogsImportCompletely(t *testing.T) {
	for _, c := range realCatalogs {
		t.Run(c.file, func(t *testing.T) {
			got := read(t, openCatalog(t, c.file), feed.Options{Currency: "usd", Country: "US"})
			if diff := cmp.Diff(c.summary, got.summary); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
			var lines []string
			for _, it := range got.items {
				lines = append(lines, summarise(it))
				if it.Currency != "usd" || it.Availability != catalog.InStock || it.Description == "" || it.TaxExempt {
					t.Errorf("%s: currency %q, availability %q, description %q, tax exempt %t", it.ID, it.Currency, it.Availability, it.Description, it.TaxExempt)
				}
				if strings.ContainsAny(it.Description, "<>") {
					t.Errorf("%s: markup in description %q", it.ID, it.Description)
				}
			}
			if diff := cmp.Diff(c.items, lines); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

// The files say a stock for every variant, and a tracker for one alone.
func TestRealShopifyStockFollowsTheTracker(t *testing.T) {
	got := read(t, openCatalog(t, "shopify-home-and-garden.csv"), feed.Options{Currency: "usd"})
	for _, it := range got.items {
		wantTracked, wantAvailable := false, catalog.Unlimited
		if it.ID == "biodegradable-cardboard-pots" {
			wantTracked, wantAvailable = true, 8
		}
		if it.Tracked != wantTracked || it.Available() != wantAvailable {
			t.Errorf("%s: tracked %t, available %d; want %t, %d", it.ID, it.Tracked, it.Available(), wantTracked, wantAvailable)
		}
	}
	for _, f := range got.findings {
		if f.Code != feed.CodeStockNotTracked || f.Severity != feed.Info || f.Field != "Variant Inventory Qty" || f.Value == "" {
			t.Errorf("unexpected finding %+v", f)
		}
	}
}

func TestRealWooCommerceVariationsInherit(t *testing.T) {
	got := read(t, openCatalog(t, "woocommerce-sample-products.csv"), feed.Options{Currency: "usd"})
	blue := got.item(t, "883")
	want := catalog.Item{
		ID: "883", ProductID: "741", SKU: "cc-t-shirt-blue", Title: "T-Shirt - Blue", ProductTitle: "T-Shirt",
		Categories: []string{"Clothing > Tshirts"},
		Options:    []catalog.Option{{Name: "Color", Value: "Blue"}},
		Attributes: []catalog.Option{{Name: "Size", Value: "Large, Medium, Small"}},
		Price:      2500, Currency: "usd", Kind: catalog.Physical, Availability: catalog.InStock,
	}
	blue.Description, blue.Images = "", nil
	if diff := cmp.Diff(want, blue); diff != "" {
		t.Errorf("variation (-want +got):\n%s", diff)
	}
	if album := got.item(t, "753"); album.Kind != catalog.Digital {
		t.Errorf("a virtual, downloadable product is %s", album.Kind)
	}
}

func TestRealGoogleItemsInDetail(t *testing.T) {
	got := read(t, openCatalog(t, "google-merchant-small.xml"), feed.Options{})
	belt := got.item(t, "basket-weave-belt")
	want := []catalog.Option{
		{Name: "Google product category", Value: "169"}, {Name: "Color", Value: "Black"}, {Name: "Size", Value: "Custom"},
		{Name: "Gender", Value: "unisex"}, {Name: "Age group", Value: "adult"},
	}
	if diff := cmp.Diff(want, belt.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if len(belt.Options) != 0 {
		t.Errorf("an item without siblings has options %v", belt.Options)
	}
	if belt.Brand != "Rawhide City Leather" || belt.Condition != "new" || belt.URL != "https://rawhidecityleather.com/product-basket-weave-belt" {
		t.Errorf("brand %q, condition %q, url %q", belt.Brand, belt.Condition, belt.URL)
	}
	if hat := got.item(t, "leather-patch-hat"); hat.Categories[0] != "Accessories > Hats" {
		t.Errorf("categories %q", hat.Categories)
	}
}
