package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// MaxReferenceBytes is the largest file that ${file:…} reads.
const MaxReferenceBytes = 64 << 10

// expander replaces ${NAME} and ${file:path} in values. What it puts in is not
// expanded again.
type expander struct {
	environ  map[string]string
	dir      string          // of the configuration file
	referred map[string]bool // variables that a value refers to
}

func newExpander(name string, environ []string) *expander {
	e := &expander{environ: make(map[string]string, len(environ)), dir: filepath.Dir(name), referred: make(map[string]bool)}
	for _, variable := range environ {
		if key, value, ok := strings.Cut(variable, "="); ok {
			e.environ[key] = value
		}
	}
	return e
}

// expand replaces the references in a value and reports whether there were
// any. Its errors name the variable or the file, never what is in it.
func (e *expander) expand(s string) (text string, referred bool, err error) {
	if !strings.Contains(s, "${") {
		return s, false, nil
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "${")
		if !found {
			b.WriteString(s)
			return b.String(), referred, nil
		}
		if plain, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(plain + "${")
			s = after
			continue
		}
		b.WriteString(before)
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			return "", true, errors.New(`has "${" without "}"; write "${NAME}", or "$${" for the characters themselves`)
		}
		value, err := e.lookup(name)
		if err != nil {
			return "", true, err
		}
		b.WriteString(value)
		s, referred = rest, true
	}
}

func (e *expander) lookup(name string) (string, error) {
	if path, ok := strings.CutPrefix(name, "file:"); ok {
		return e.readFile(path)
	}
	if !isVariable(name) {
		return "", fmt.Errorf(`has "${%s}", which is no name of a variable; write "${NAME}" or "${file:/path}", or "$${" for the characters themselves`, clip(name))
	}
	e.referred[name] = true
	value := e.environ[name]
	if value == "" {
		return "", fmt.Errorf("refers to ${%s}, but that environment variable is not set; set it, or write the value here", name)
	}
	return value, nil
}

// readFile reads a file without the newline at its end, as editors and secret
// stores leave one.
func (e *expander) readFile(path string) (string, error) {
	if path == "" {
		return "", errors.New(`has "${file:}" without a path; write "${file:/path}"`)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(e.dir, path)
	}
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("refers to the file %s, which %s", path, why)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return refuse("does not exist; create it or correct the path")
	case err != nil:
		return refuse("cannot be read; check the permissions of the file and of its folders")
	case !info.Mode().IsRegular():
		return refuse("is not a regular file; name one that holds nothing but the value")
	}
	f, err := os.Open(path)
	if err != nil {
		return refuse("cannot be read; check its permissions for the user that runs checkstand")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxReferenceBytes+1))
	if err != nil {
		return refuse("cannot be read")
	}
	if len(data) > MaxReferenceBytes {
		return refuse(fmt.Sprintf("is larger than %d bytes; name one that holds nothing but the value", MaxReferenceBytes))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return refuse("is empty")
	}
	return text, nil
}

// isVariable reports whether a name is that of an environment variable.
func isVariable(name string) bool {
	for i, c := range name {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
