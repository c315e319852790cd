// Package schemas serves the JSON Schemas that the shop's payment handlers
// name: for everybody, with nothing in them about a merchant.
package schemas

import (
	"embed"
	"net/http"
	"strings"

	"github.com/checkstand/checkstand/checkout"
)

//go:embed *.json
var files embed.FS

// Root is the folder of the card handler's schemas. They refer to each other
// by relative addresses, so that they are right at any base URL.
var Root = checkout.CardConfigSchema[:strings.LastIndexByte(checkout.CardConfigSchema, '/')+1]

// Handler serves the schemas below Root.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, Root)
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
