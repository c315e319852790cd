package web

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/server/openapi"
)

// referencePage is what reference.html shows.
type referencePage struct {
	*openapi.Document
	Groups  []referenceGroup
	Webhook branch // the body of a webhook
	Sample  string // an example of it
	Refusal branch
}

// referenceGroup is the operations of one tag.
type referenceGroup struct {
	Name, Doc  string
	Operations []referenceOperation
}

type referenceOperation struct {
	openapi.Operation
	Headers []openapi.Parameter
	Request *branch // the body; nil for none of the protocol's
	Results []referenceAnswer
	Curl    string
	Sample  string // an example of the answer
}

type referenceAnswer struct {
	openapi.Answer
	Body *branch
}

// branch is a member of a schema, or the whole of one, with what is in it.
type branch struct {
	Name, Kind, Doc string
	Required        bool
	// Type names the type of the members, and At is where the page shows them:
	// here, when there are members, or at their first place.
	Type, At string
	Members  []branch
}

// referenceTree shows each type once, where it is first needed.
type referenceTree struct {
	*openapi.Document
	shown map[string]bool
}

func (t *referenceTree) of(name string) branch {
	typ := t.Types[name]
	b := branch{Kind: "object", Doc: typ.Doc, Type: name, At: "type-" + name}
	if t.shown[name] {
		return b
	}
	t.shown[name] = true
	if typ.By != "" {
		b.Kind = "one of"
		for _, v := range typ.Variants {
			one := t.of(v.Type)
			one.Name, one.Kind = v.Value, "where "+typ.By+" is "+v.Value
			b.Members = append(b.Members, one)
		}
		return b
	}
	for _, m := range typ.Members {
		b.Members = append(b.Members, t.member(m))
	}
	return b
}

func (t *referenceTree) member(m openapi.Member) branch {
	b := branch{}
	if inner := innermost(m.Value); inner.Kind == openapi.KindRef {
		b = t.of(inner.Ref)
	}
	b.Name, b.Doc, b.Required, b.Kind = m.Name, m.Doc, m.Required, kindOf(m.Value)
	return b
}

func innermost(v openapi.Value) openapi.Value {
	for v.Kind == openapi.KindList {
		v = *v.Elem
	}
	return v
}

// kindOf says in words what a value is.
func kindOf(v openapi.Value) string {
	var words string
	bounds := ""
	switch {
	case v.Max > 0 && v.Min > 0:
		bounds = strconv.FormatInt(v.Min, 10) + " to " + strconv.FormatInt(v.Max, 10)
	case v.Max > 0:
		bounds = "at most " + strconv.FormatInt(v.Max, 10)
	}
	switch v.Kind {
	case openapi.KindRef:
		words = "object"
	case openapi.KindEnum:
		words = strings.Join(v.Words, " | ")
	case openapi.KindList:
		words = "list of " + kindOf(*v.Elem)
		if v.Elem.Kind == openapi.KindRef {
			words = "list of objects"
		}
	case openapi.KindFlag:
		words = "true or false"
	case openapi.KindAmount:
		words = "amount in minor units"
	case openapi.KindTime:
		words = "time, RFC 3339"
	case openapi.KindEmail:
		words = "e-mail address"
	case openapi.KindURL:
		words = "URL"
	default:
		words = string(v.Kind)
	}
	if bounds != "" {
		words += ", " + bounds
		if v.Kind == openapi.KindText {
			words += " characters"
		}
	}
	if v.Null {
		words += ", or null"
	}
	return words
}

// docs is the reference of the API, for readers: the same description that
// /openapi.json is for programs.
func (p *Pages) docs(w http.ResponseWriter, r *http.Request) {
	d := p.reference(r.URL.Query().Get("version"))
	if d == nil {
		p.message(w, r, http.StatusNotFound, message{Heading: "page.no_version", Detail: "page.no_version_note"})
		return
	}
	page := referencePage{Document: d}
	tree := &referenceTree{Document: d, shown: map[string]bool{}}
	for _, tag := range openapi.Tags {
		g := referenceGroup{Name: tag.Name, Doc: tag.Doc}
		for _, op := range d.Operations {
			if op.Tag != tag.Name {
				continue
			}
			o := referenceOperation{Operation: op, Headers: d.Headers(op), Curl: d.Curl(op)}
			if op.Body != "" {
				b := tree.of(op.Body)
				o.Request = &b
			}
			for _, a := range op.Answers {
				answer := referenceAnswer{Answer: a}
				if a.Type != "" {
					b := tree.of(a.Type)
					answer.Body = &b
					o.Sample = d.Example(a.Type)
				}
				o.Results = append(o.Results, answer)
			}
			g.Operations = append(g.Operations, o)
		}
		if len(g.Operations) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	page.Webhook, page.Sample, page.Refusal = tree.of("OrderEvent"), d.Example("OrderEvent"), tree.of("Error")
	p.render(w, r, http.StatusOK, view{Template: "reference.html", Title: "API reference", Shop: p.shop, Ribbon: shopRibbon(p.live),
		Hidden: !p.live, Wide: true, Sheet: referencePath, Body: page})
}

// pieces lets a name of several words break between them, where it is too long
// for a line.
func pieces(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr>"))
}
