package server

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/checkstand/checkstand/server/config"
)

//go:embed policies/*.txt
var policyFiles embed.FS

// unwrittenPolicies are the pages that stand in for the policies of a shop
// which has none yet, as `checkstand init` links to them; nil when no shop
// links to this server's own.
func unwrittenPolicies(cfg *config.Config) fs.FS {
	own := cfg.PublicURL + "/policies/"
	for i := range cfg.Merchants {
		l := &cfg.Merchants[i].Links
		for _, url := range []string{l.TermsOfUse, l.PrivacyPolicy, l.ReturnPolicy} {
			if strings.HasPrefix(url, own) {
				return sub(policyFiles, "policies")
			}
		}
	}
	return nil
}

// sub is fs.Sub for a directory that is embedded, and therefore there.
func sub(files embed.FS, dir string) fs.FS {
	below, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return below
}
