package main

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// packed is what a page unpacks when it starts: its style sheet, and its texts
// by language, in the order of the keys.
type packed struct {
	Style string           `json:"style"`
	Keys  []string         `json:"keys"`
	Texts map[string][]any `json:"texts"`
}

// pack makes one word of a style sheet and the catalogues of a folder, one
// JSON file for each language: raw deflate in base64.
func pack(style, folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return "", err
	}
	all := map[string]map[string]any{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		var catalogue map[string]any
		if err := json.Unmarshal(raw, &catalogue); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".json")] = catalogue
	}
	p := packed{Style: style, Keys: slices.Sorted(maps.Keys(all["en"])), Texts: map[string][]any{}}
	var problems []error
	for _, language := range slices.Sorted(maps.Keys(all)) {
		for _, key := range p.Keys {
			text, ok := all[language][key]
			if !ok {
				problems = append(problems, fmt.Errorf("%s.json has no text %q", language, key))
			}
			p.Texts[language] = append(p.Texts[language], text)
		}
		if more := len(all[language]) - len(p.Keys); more > 0 {
			problems = append(problems, fmt.Errorf("%s.json has %d texts that English does not have", language, more))
		}
	}
	if len(problems) != 0 {
		return "", errors.Join(problems...)
	}
	var plain, out bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		return "", err
	}
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(bytes.TrimSpace(plain.Bytes())); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

var packedElement = regexp.MustCompile(`(id="packed">)([A-Za-z0-9+/=]+)(<)`)

// unpacked is a page with what is packed in it as it was before: another
// release of Go may make other bytes of the same.
func unpacked(page []byte) []byte {
	return packedElement.ReplaceAllFunc(page, func(element []byte) []byte {
		m := packedElement.FindSubmatch(element)
		raw, err := base64.StdEncoding.DecodeString(string(m[2]))
		if err != nil {
			return element
		}
		plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return element
		}
		return slices.Concat(m[1], plain, m[3])
	})
}
