package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxPolicy bounds the text of one policy, in bytes.
const maxPolicy = 256 << 10

// policy is a text of the shop.
type policy struct {
	Title  string
	Blocks []block
}

// block is a paragraph or a heading.
type block struct {
	Heading bool
	Text    string
}

// policyPage is what policy.html shows: the shop's own words within a frame in
// the reader's language.
type policyPage struct {
	*policy
	Language string // BCP 47 tag of the text; "" where the shop does not say
}

var policyName = regexp.MustCompile(`^([a-z0-9]+(?:-[a-z0-9]+)*)\.txt$`)

// readPolicies reads every NAME.txt of files, and makes the links to them.
func readPolicies(files fs.FS) (map[string]*policy, []Link, error) {
	if files == nil {
		return nil, nil, nil
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, nil, err
	}
	policies := make(map[string]*policy, len(entries))
	var links []Link
	for _, e := range entries {
		m := policyName.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			return nil, nil, fmt.Errorf("%s: name it like returns.txt, in lower case", e.Name())
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, nil, err
		}
		doc, err := parsePolicy(string(text))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		policies[m[1]] = doc
		links = append(links, Link{Title: doc.Title, URL: "/policies/" + m[1]})
	}
	return policies, links, nil
}

// parsePolicy reads a title and the paragraphs and headings below it. Lines
// of one paragraph are joined.
func parsePolicy(text string) (*policy, error) {
	switch {
	case len(text) > maxPolicy:
		return nil, fmt.Errorf("the text is longer than %d bytes", maxPolicy)
	case !utf8.ValidString(text):
		return nil, errors.New("the text is not UTF-8")
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var paragraphs []string
	var current []string
	for line := range strings.Lines(text + "\n\n") {
		if words := strings.Fields(line); len(words) > 0 {
			current = append(current, strings.Join(words, " "))
		} else if len(current) > 0 {
			paragraphs = append(paragraphs, strings.Join(current, " "))
			current = nil
		}
	}
	if len(paragraphs) < 2 {
		return nil, errors.New("the text needs a title, an empty line and at least one paragraph")
	}
	doc := &policy{Title: paragraphs[0]}
	for _, s := range paragraphs[1:] {
		heading, ok := strings.CutPrefix(s, "# ")
		if ok {
			s = heading
		}
		doc.Blocks = append(doc.Blocks, block{Heading: ok, Text: s})
	}
	return doc, nil
}

func (p *Pages) policy(w http.ResponseWriter, r *http.Request) {
	doc, ok := p.policies[r.PathValue("name")]
	if !ok {
		p.notFound(w, r)
		return
	}
	p.render(w, r, http.StatusOK, view{
		Template: "policy.html", Title: doc.Title, Locale: p.wish(r), Shop: p.shop, Ribbon: shopRibbon(p.live), Hidden: !p.live, Home: true,
		Body: policyPage{doc, p.written},
	})
}
