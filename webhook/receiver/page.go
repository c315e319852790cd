package receiver

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/checkstand/checkstand/ui"
)

// Limits of the page; /events has everything.
const (
	pageEvents  = 50
	pageBody    = 20_000 // bytes of one body that are shown
	pageRefresh = 5      // seconds
)

const stylePath = "/receiver.css"

// The page loads its own style sheet and nothing else, and runs no script.
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// row is an event as the page shows it, its body only where it was asked for.
type row struct {
	Event
	Open   bool
	Pretty string
	Cut    bool // the body is longer than what is shown
}

// Clock is the time of day and ISO the whole time of the first delivery.
func (r row) Clock() string { return r.ReceivedAt.Format("15:04:05") }
func (r row) ISO() string   { return r.ReceivedAt.Format(time.RFC3339) }

// page shows the log. With ?show= one body is open, and the page stays as it
// is instead of refreshing under the reader; with ?still it stays so too.
func (r *Receiver) page(w http.ResponseWriter, req *http.Request) {
	query := req.URL.Query()
	show := query.Get("show")
	events := r.Events()
	slices.Reverse(events)
	data := struct {
		Refresh, Total, Shown int
		Path                  string
		Style                 string
		Rows                  []row
	}{Refresh: pageRefresh, Total: len(events), Shown: min(len(events), pageEvents), Path: Path, Style: stylePath}
	if query.Has("still") {
		data.Refresh = 0
	}
	for _, e := range events[:data.Shown] {
		line := row{Event: e, Open: e.Anchor() == show}
		if line.Open {
			line.Pretty, line.Cut = pretty(e.Body)
			data.Refresh = 0
		}
		data.Rows = append(data.Rows, line)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, data); err != nil {
		r.cfg.Log.Error("webhook page", "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	if data.Refresh > 0 {
		h.Set("Refresh", strconv.Itoa(data.Refresh))
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	w.Write(out.Bytes()) // a reader that has gone needs no page
}

func (r *Receiver) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Write([]byte(ui.CSS() + "\n" + pageStyle)) // a reader that has gone needs no style
}

// pretty indents a body, and cuts one that is long.
func pretty(body jsontext.Value) (text string, cut bool) {
	if len(body) <= pageBody {
		indented := body.Clone()
		if err := indented.Indent(jsontext.WithIndent("  ")); err == nil {
			body = indented
		}
	}
	if len(body) <= pageBody {
		return string(body), false
	}
	return string(bytes.ToValidUTF8(body[:pageBody], nil)), true
}
