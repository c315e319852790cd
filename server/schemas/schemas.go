// Package schemas serves the JSON Schemas that the shop's payment handlers
// name: for everybody, with nothing in them about a merchant.
package schemas

import (
	"embed"
	"net/http"
	"strings"

	"github.com/checkstand/checkstand/checkout"
)

//go:embed *.json seller_backed
var files embed.FS

// Root is the folder of the card handler's schemas. They refer to each other
// by relative addresses, so that they are right at any base URL.
var Root = checkout.CardConfigSchema[:strings.LastIndexByte(checkout.CardConfigSchema, '/')+1]

// SellerRoot is the folder of the schemas of handlers for what the shop owes
// its customers. They refer to that of the card handler's credential.
const SellerRoot = checkout.SellerSchemas

// Handler serves the schemas below Root and SellerRoot.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, found := strings.CutPrefix(r.URL.Path, SellerRoot)
		if found {
			name = "seller_backed/" + name
		} else {
			name = strings.TrimPrefix(r.URL.Path, Root)
		}
		content, err := files.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/schema+json")
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Access-Control-Allow-Origin", "*") // validators run in browsers too
		h.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(content) // whoever hung up gets nothing
	})
}
