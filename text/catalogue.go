package text

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed locales/*.yaml
var files embed.FS

// catalogue is the texts of one language by their keys.
type catalogue map[string]entry

var catalogues = func() map[string]catalogue {
	all := make(map[string]catalogue, len(Languages))
	for _, lang := range Languages {
		written, err := files.ReadFile("locales/" + lang + ".yaml")
		if err != nil {
			panic(err) // embedded
		}
		c, err := parse(written)
		if err != nil {
			panic("text: locales/" + lang + ".yaml: " + err.Error()) // a test reads all files
		}
		all[lang] = c
	}
	return all
}()

// placeholder is what a value is put in the place of.
var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// parse reads a catalogue: keys, each with a text or with a group of plural
// forms.
func parse(written []byte) (catalogue, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(written, &file); err != nil {
		return nil, err
	}
	if len(file.Content) != 1 || file.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("this is no list of keys and texts")
	}
	nodes := file.Content[0].Content
	c := make(catalogue, len(nodes)/2)
	for i := 0; i+1 < len(nodes); i += 2 {
		key, value := nodes[i].Value, nodes[i+1]
		if _, twice := c[key]; twice {
			return nil, fmt.Errorf("line %d: %s is here twice", nodes[i].Line, key)
		}
		var e entry
		switch value.Kind {
		case yaml.ScalarNode:
			e.text = value.Value
		case yaml.MappingNode:
			e.forms = make(map[string]string, len(value.Content)/2)
			for j := 0; j+1 < len(value.Content); j += 2 {
				e.forms[value.Content[j].Value] = value.Content[j+1].Value
			}
			if e.forms[otherForm] == "" {
				return nil, fmt.Errorf("line %d: %s has no form named other", value.Line, key)
			}
		default:
			return nil, fmt.Errorf("line %d: %s is neither a text nor a group of plural forms", value.Line, key)
		}
		for _, text := range e.texts() {
			if strings.TrimSpace(text) == "" {
				return nil, fmt.Errorf("line %d: %s is empty", value.Line, key)
			}
			if rest := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
				return nil, fmt.Errorf("line %d: %s has a brace that is no {placeholder}", value.Line, key)
			}
		}
		c[key] = e
	}
	return c, nil
}

// texts are all that the entry may say.
func (e entry) texts() []string {
	if e.forms == nil {
		return []string{e.text}
	}
	var all []string
	for _, name := range formNames {
		if form, ok := e.forms[name]; ok {
			all = append(all, form)
		}
	}
	return all
}

// placeholders are the names in the entry, in alphabetical order.
func (e entry) placeholders() []string {
	var names []string
	for _, text := range e.texts() {
		for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
