package widget_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

var packedElement = regexp.MustCompile(`(id="packed">)([^<]*)(<)`)

// withPseudo gives a widget two more languages, made of English to see what was
// not translated, what is too long and what does not turn around: en-XA is
// English with accents and 40 % longer, ar-XB is English from right to left.
// No reader has these locales.
func withPseudo(page string) (string, error) {
	found := packedElement.FindStringSubmatch(page)
	if found == nil {
		return "", fmt.Errorf("the widget has nothing packed")
	}
	raw, err := base64.StdEncoding.DecodeString(found[2])
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return "", err
	}
	var p struct {
		Style string           `json:"style"`
		Keys  []string         `json:"keys"`
		Texts map[string][]any `json:"texts"`
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return "", err
	}
	for _, text := range p.Texts["en"] {
		p.Texts["en-XA"] = append(p.Texts["en-XA"], changed(text, accented))
		p.Texts["ar-XB"] = append(p.Texts["ar-XB"], changed(text, turned))
	}
	if plain, err = json.Marshal(p); err != nil {
		return "", err
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return strings.Replace(page, found[0], found[1]+base64.StdEncoding.EncodeToString(out.Bytes())+found[3], 1), nil
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// changed changes a text, or each form of one, around what is put in.
func changed(text any, change func(string) string) any {
	if forms, ok := text.(map[string]any); ok {
		out := map[string]any{}
		for category, form := range forms {
			out[category] = changed(form, change)
		}
		return out
	}
	var out strings.Builder
	rest, _ := text.(string)
	for rest != "" {
		at := placeholder.FindStringIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		if at[0] > 0 {
			out.WriteString(change(rest[:at[0]]))
		}
		out.WriteString(rest[at[0]:at[1]])
		rest = rest[at[1]:]
	}
	return out.String()
}

var accents = strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú", "c", "ç", "n", "ñ", "y", "ý",
	"A", "Á", "E", "É", "I", "Í", "O", "Ó", "U", "Ú", "C", "Ç", "N", "Ñ")

func accented(text string) string {
	return "[" + accents.Replace(text) + " " + strings.Repeat("~", (len(text)*2+4)/5) + "]"
}

func turned(text string) string { return "\u202e" + text + "\u202c" }
