// Command uibuild makes the pages of ui/ that run scripts: one HTML file each,
// with everything that it needs inside.
//
//	go -C tools run ./uibuild          writes them
//	go -C tools run ./uibuild -check   fails where a committed one is not what its sources make
//
// The same sources make the same bytes on every machine with one release of Go.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// page is a folder of ui/ with page.html, src/main.ts and, unless it is only
// a script, styles/main.css, and the file that is made of them in its folder
// dist. also are sources that it shares with others.
type page struct {
	folder, file string
	also         []string
}

var pages = []page{
	{folder: "widget", file: "checkout-session.html"},
	{folder: "simulator/host", file: "simulator.html", also: []string{"widget/src/html.ts", "widget/src/format.ts", "widget/src/town.ts"}},
	{folder: "simulator/frame", file: "frame.html"},
	{folder: "simulator/shim", file: "shim.html"},
}

func main() {
	check := flag.Bool("check", false, "write nothing; fail where a committed page is not what its sources make")
	root := flag.String("ui", filepath.Join("..", "ui"), "the folder ui of the repository")
	flag.Parse()
	failed := false
	for _, p := range pages {
		if err := p.run(*root, *check); err != nil {
			fmt.Fprintf(os.Stderr, "ui/%s: %v\n", p.folder, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func (p page) run(root string, check bool) error {
	built, err := build(root, p)
	if err != nil {
		return err
	}
	name := filepath.Join(root, p.folder, "dist", p.file)
	if check {
		committed, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !bytes.Equal(unpacked(committed), unpacked(built)) {
			return fmt.Errorf("dist/%s is not what its sources make; run 'make ui' and commit it", p.file)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, built, 0o644); err != nil {
		return err
	}
	fmt.Printf("ui/%s/dist/%s: %d bytes\n", p.folder, p.file, len(built))
	return nil
}
