package config_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

var update = flag.Bool("update", false, "write the reference of the keys into docs/configuration.md")

const docsFile = "../../docs/configuration.md"

// The tables in docs/configuration.md are what the structs say.
func TestReference(t *testing.T) {
	const begin, end = "<!-- keys: begin -->\n", "<!-- keys: end -->\n"
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	written, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks the lines %q and %q", docsFile, begin, end)
	}
	want := "\n" + config.Reference()
	if written == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not say what the structs say; run: go test ./server/config -run TestReference -update", docsFile)
	}
	if err := os.WriteFile(docsFile, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z_]*$`)
	paths := make(map[string]string)
	for _, k := range config.Keys() {
		if !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: doc %q is not a sentence", k.Path, k.Doc)
		}
		for _, name := range strings.Split(strings.ReplaceAll(k.Path, "[]", ""), ".") {
			if !word.MatchString(name) {
				t.Errorf("%s: %q is not a lower-case word", k.Path, name)
			}
		}
		if other, twice := paths[k.Env]; twice {
			t.Errorf("%s overrides both %s and %s", k.Env, other, k.Path)
		}
		paths[k.Env] = k.Path
	}
}

// Every key can be overridden by the variable that the reference names.
func TestEveryVariableIsAKey(t *testing.T) {
	for _, k := range config.Keys() {
		name := strings.ReplaceAll(k.Env, "<N>", "0")
		_, err := config.Parse("", nil, []string{name + "=${NOWHERE}"})
		want := "environment variable " + name + ": " + strings.ReplaceAll(k.Path, "[]", "[0]")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "refers to ${NOWHERE}") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The keys that the prose mentions are keys.
func TestProseMentionsRealKeys(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, k := range config.Keys() {
		known[k.Env] = true
	}
	index := regexp.MustCompile(`_\d+`)
	for _, name := range regexp.MustCompile("`(CHECKSTAND_[A-Z0-9_]+)[`=]").FindAllStringSubmatch(string(text), -1) {
		env := index.ReplaceAllString(name[1], "_<N>")
		switch {
		case known[env], known[strings.TrimSuffix(env, "_<N>")]:
		default: // exempt ones are ignored
			if _, err := config.Parse("", nil, []string{name[1] + "=x"}); err != nil {
				t.Errorf("%s names %s, which is no key: %v", docsFile, name[1], err)
			}
		}
	}
}
