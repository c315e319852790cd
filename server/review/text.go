package review

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes a report for a person at a terminal: the result first, then
// what is to be done, then what is there, and what goes into the form.
func WriteText(w io.Writer, r *Report) error {
	p := &printer{w: w}
	missing, advised, met, attest := r.Of(Missing), r.Of(Advised), r.Of(Met), r.Of(Attest)
	switch n := len(missing); {
	case n == 0:
		p.f("Ready to be submitted, but for what only you can say.\n")
	case n == 1:
		p.f("Not ready: 1 thing is missing.\n")
	default:
		p.f("Not ready: %d things are missing.\n", n)
	}
	p.f("Shop %s (%s), %s mode, app at %s.\n", r.MerchantID, r.Name, r.Mode, r.Endpoint)
	p.todo("Missing", missing)
	p.todo("Worth a look", advised)
	p.there(met)
	if len(attest) > 0 {
		p.f("\nOnly you can say\n\n")
		for _, f := range attest {
			p.f("  - %s: %s\n", f.Title, f.Detail)
		}
	}
	p.tools(r.Tools)
	p.cases("Test cases", r.Cases)
	p.cases("Test cases that must not use the app", r.Negative)
	return p.err
}

// printer writes until the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) todo(title string, list []Finding) {
	if len(list) == 0 {
		return
	}
	p.f("\n%s\n", title)
	for i, f := range list {
		p.f("\n%3d. %s: %s\n", i+1, f.Title, f.Detail)
		switch {
		case f.Key != "" && f.Fix != "":
			p.f("     %s: %s\n", f.Key, f.Fix)
		case f.Fix != "":
			p.f("     %s\n", f.Fix)
		}
	}
}

func (p *printer) there(list []Finding) {
	if len(list) == 0 {
		return
	}
	p.f("\nThere\n\n")
	tw := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	rows := printer{w: tw}
	for _, f := range list {
		rows.f("  %s\t%s\n", f.Title, f.Detail)
	}
	if p.err == nil {
		p.err = rows.err
	}
	if p.err == nil {
		p.err = tw.Flush()
	}
}

func (p *printer) tools(list []Tool) {
	p.f("\nTools, their hints, and why\n")
	for _, t := range list {
		seen := ""
		if t.Hidden {
			seen = " (not shown to the model)"
		}
		p.f("\n  %s%s\n", t.Name, seen)
		p.f("    readOnlyHint %-5t     %s\n", t.ReadOnly, t.Reasons.ReadOnly)
		p.f("    destructiveHint %-5t  %s\n", t.Destructive, t.Reasons.Destructive)
		p.f("    openWorldHint %-5t    %s\n", t.OpenWorld, t.Reasons.OpenWorld)
	}
}

// cases marks with a star those that are for the form.
func (p *printer) cases(title string, list []Case) {
	if len(list) == 0 {
		return
	}
	p.f("\n%s (* for the form)\n", title)
	for i, c := range list {
		mark := " "
		if c.Form {
			mark = "*"
		}
		p.f("\n%3d.%s%s\n     Prompt   %s\n", i+1, mark, c.Purpose, c.Prompt)
		for j, call := range c.Calls {
			label := "Calls"
			if j > 0 {
				label = ""
			}
			p.f("     %-8s %s %s\n", label, call.Tool, call.line())
		}
		p.f("     Outcome  %s\n", c.Outcome)
	}
}

// line is the arguments of a call on one line, and who makes it.
func (c *Call) line() string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c.Arguments); err != nil {
		panic(err) // they are made of texts, numbers and maps
	}
	text := strings.TrimSpace(b.String())
	if c.By == "sheet" {
		text += "  (by the payment sheet)"
	}
	return text
}
