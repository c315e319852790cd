package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
)

// sources is a digest of everything that a page is made of but this program:
// tokens.css, what it shares, and in its folder page.html, src and styles. The test of
// package ui computes it too, so that a page that was not built again after a
// change is noticed without the bundler.
func sources(root string, p page) (string, error) {
	ui := os.DirFS(root)
	files := append([]string{"tokens.css", path.Join(p.folder, "page.html")}, p.also...)
	for _, dir := range []string{"src", "styles"} {
		err := fs.WalkDir(ui, path.Join(p.folder, dir), func(name string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a script alone has no styles
			}
			if err == nil && !entry.IsDir() {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	slices.Sort(files)
	digest := sha256.New()
	for _, name := range files {
		content, err := fs.ReadFile(ui, name)
		if err != nil {
			return "", err
		}
		digest.Write(fmt.Appendf(nil, "%s %d\n%s\n", name, len(content), content))
	}
	return hex.EncodeToString(digest.Sum(nil)[:16]), nil
}
