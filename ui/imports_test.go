package ui

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Sources import what is below them, types included: no file leads back to
// itself.
func TestSourcesImportInOneDirection(t *testing.T) {
	imported := regexp.MustCompile(`(?m)^(?:import|export) (?:[^;"]* from )?"(\.[^"]+\.ts)"`)
	below := map[string][]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".ts") {
			return err
		}
		source, err := os.ReadFile(name)
		below[name] = nil
		for _, m := range imported.FindAllSubmatch(source, -1) {
			below[name] = append(below[name], path.Join(path.Dir(name), string(m[1])))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(below["widget/src/main.ts"]) == 0 || len(below["simulator/host/src/main.ts"]) == 0 {
		t.Fatal("no imports were found")
	}
	const under, done = 1, 2
	state := map[string]int{}
	var visit func(name string, way []string)
	visit = func(name string, way []string) {
		way = append(way, name)
		if state[name] == under {
			t.Errorf("an import circle: %s", strings.Join(way, " -> "))
		}
		if state[name] != 0 {
			return
		}
		state[name] = under
		for _, next := range below[name] {
			if _, there := below[next]; !there {
				t.Errorf("%s imports %s, which is not there", name, next)
				continue
			}
			visit(next, way)
		}
		state[name] = done
	}
	for name := range below {
		visit(name, nil)
	}
}
