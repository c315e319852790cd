// Package shop is the demo shop that comes with Checkstand: Ottermere Goods,
// a shop that does not exist. It has a catalogue in US dollars, a drawing for
// every item and the texts of its policies, so that a fresh installation has
// something to sell before anyone has imported a feed.
package shop

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	"github.com/checkstand/checkstand/catalog"
)

// What a merchant record of the demo shop says about it.
const (
	Name        = "Ottermere Goods"
	Currency    = "usd"
	Locale      = "en-US"
	AccentColor = "#2f6f73"
)

// ReducedTaxClass is the tax class of the shop's food and books. Everything
// else is of the standard class "", and gift cards are exempt.
const ReducedTaxClass = "reduced"

//go:embed items.jsonl
var items []byte

//go:embed pictures/*.svg
var pictures embed.FS

//go:embed policies/*.txt
var policies embed.FS

// Catalogue returns the catalogue as JSON lines, one catalog.Item a line. Each
// call starts at the first line.
func Catalogue() io.Reader { return bytes.NewReader(items) }

// Items returns the catalogue, variants of one product next to each other. The
// caller owns the result. An error names the line that is not an item.
func Items() ([]catalog.Item, error) {
	var all []catalog.Item
	lines := bufio.NewScanner(Catalogue())
	for n := 1; lines.Scan(); n++ {
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		var it catalog.Item
		if err := dec.Decode(&it); err != nil {
			return nil, fmt.Errorf("demo catalogue, line %d: %w", n, err)
		}
		all = append(all, it)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("demo catalogue: %w", err)
	}
	return all, nil
}

// Pictures returns the drawings: SVG files of 800 by 800 at the top level. An
// item's image "/pictures/mug-stoneware-sand.svg" is "mug-stoneware-sand.svg"
// here.
func Pictures() fs.FS { return below(pictures, "pictures") }

// Policies returns the shop's policies in the format of package server/web:
// terms.txt, privacy.txt and returns.txt.
func Policies() fs.FS { return below(policies, "policies") }

// below is fs.Sub for a directory that the compiler has embedded, and which is
// therefore there.
func below(files embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return sub
}
