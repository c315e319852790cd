package simulator

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/checkstand/checkstand/ui"
)

// content is what a server answers to resources/read for a widget.
type content struct {
	URI      string `json:"uri"`
	MIMEType string `json:"mimeType"`
	Text     string `json:"text"`
	Blob     string `json:"blob"`
	Meta     meta   `json:"_meta"`
}

// meta is what a server says about a widget, by the names of today and those
// that ChatGPT had before.
type meta struct {
	UI struct {
		CSP           *domains       `json:"csp"`
		Domain        string         `json:"domain"`
		PrefersBorder *bool          `json:"prefersBorder"`
		Permissions   map[string]any `json:"permissions"`
	} `json:"ui"`
	OldCSP    *oldDomains `json:"openai/widgetCSP"`
	OldDomain string      `json:"openai/widgetDomain"`
	OldBorder *bool       `json:"openai/widgetPrefersBorder"`
}

type domains struct {
	Connect  []string `json:"connectDomains"`
	Resource []string `json:"resourceDomains"`
	Frame    []string `json:"frameDomains"`
	BaseURI  []string `json:"baseUriDomains"`
}

type oldDomains struct {
	Connect  []string `json:"connect_domains"`
	Resource []string `json:"resource_domains"`
	Frame    []string `json:"frame_domains"`
	Redirect []string `json:"redirect_domains"`
}

// widget is a page that is ready for its frame.
type widget struct {
	HTML      string   `json:"html"`
	Policy    string   `json:"policy"` // Content-Security-Policy, also within HTML
	Allow     string   `json:"allow"`  // of the frame
	Border    bool     `json:"border"`
	Redirects []string `json:"redirects"` // origins that are opened without asking
	Problems  []string `json:"problems"`  // what a host would stumble over
}

// dress makes a widget's frame content of what the server answered. globals are
// what window.openai is to have; see the script that is put before the page's
// own.
func (s *Simulator) dress(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Content content         `json:"content"`
		Globals json.RawMessage `json:"globals"`
	}
	if !take(w, r, &wish) {
		return
	}
	c := wish.Content
	out := widget{Redirects: []string{}, Problems: []string{}}
	problem := func(text string) { out.Problems = append(out.Problems, text) }
	page := c.Text
	if page == "" && c.Blob != "" {
		raw, err := base64.StdEncoding.DecodeString(c.Blob)
		if err != nil {
			refuse(w, http.StatusUnprocessableEntity, "The widget's blob is not base64.")
			return
		}
		page = string(raw)
	}
	if strings.TrimSpace(page) == "" {
		refuse(w, http.StatusUnprocessableEntity, "The widget has no text.")
		return
	}
	if !isWidget(c.MIMEType) {
		problem("The type is " + c.MIMEType + "; hosts show text/html;profile=mcp-app.")
	}
	csp := c.Meta.UI.CSP
	if old := c.Meta.OldCSP; old != nil {
		out.Redirects = append(out.Redirects, old.Redirect...)
		if csp == nil {
			csp = &domains{Connect: old.Connect, Resource: old.Resource, Frame: old.Frame}
		}
	}
	if csp == nil {
		problem("No content security policy is declared, so nothing but the page itself is loaded.")
	}
	var refused []string
	out.Policy, refused = contentPolicy(csp)
	for _, source := range refused {
		problem("Not an origin, so it is left out of the policy: " + source)
	}
	if c.Meta.UI.Domain == "" && c.Meta.OldDomain == "" {
		problem("No domain is set: ChatGPT shows the widget on a shared one, and asks for your own at submission.")
	}
	border := c.Meta.UI.PrefersBorder
	if border == nil {
		border = c.Meta.OldBorder
	}
	out.Border = border != nil && *border
	out.Allow = permissions(c.Meta.UI.Permissions)
	out.HTML = document(page, out.Policy, wish.Globals)
	answer(w, out)
}

func isWidget(kind string) bool {
	kind = strings.ReplaceAll(strings.ToLower(kind), " ", "")
	return kind == "text/html;profile=mcp-app" || kind == "text/html+skybridge"
}

// contentPolicy is the Content-Security-Policy that a host builds of what a
// widget declares. What is not an origin is left out and returned: it could end
// the directive that it stands in.
func contentPolicy(d *domains) (policy string, refused []string) {
	if d == nil {
		return "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
			"img-src 'self' data:; media-src 'self' data:; connect-src 'none'", nil
	}
	sources := func(first string, list []string) string {
		for _, s := range list {
			if source(s) {
				first += " " + s
			} else {
				refused = append(refused, s)
			}
		}
		return strings.TrimSpace(first)
	}
	resources := sources("", d.Resource)
	with := func(first string) string { return strings.TrimSpace(first + " " + resources) }
	frame, base := sources("", d.Frame), sources("", d.BaseURI)
	if frame == "" {
		frame = "'none'"
	}
	if base == "" {
		base = "'self'"
	}
	return strings.Join([]string{"default-src 'none'", "script-src " + with("'self' 'unsafe-inline'"), "style-src " + with("'self' 'unsafe-inline'"),
		"connect-src " + sources("'self'", d.Connect), "img-src " + with("'self' data:"), "font-src " + with("'self'"),
		"media-src " + with("'self' data:"), "frame-src " + frame, "object-src 'none'", "base-uri " + base}, "; "), refused
}

var sourceForm = regexp.MustCompile(`^(?:(?:https?|wss?)://)?(?:\*\.)?[A-Za-z0-9.-]+(?::(?:[0-9]{1,5}|\*))?$|^(?:https?|wss?)://\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?$`)

// source reports whether a text is a host, with or without scheme, port and a
// wildcard in front.
func source(s string) bool {
	if !sourceForm.MatchString(s) {
		return false
	}
	_, err := url.Parse(strings.Replace(s, "*.", "", 1))
	return err == nil || !strings.Contains(s, "://")
}

var allowed = []struct{ name, feature string }{
	{"camera", "camera"}, {"microphone", "microphone"}, {"geolocation", "geolocation"}, {"clipboardWrite", "clipboard-write"}}

// permissions are the features of a frame that a widget asks for.
func permissions(wanted map[string]any) string {
	var out []string
	for _, p := range allowed {
		if wanted[p.name] != nil {
			out = append(out, p.feature+" *")
		}
	}
	return strings.Join(out, "; ")
}

var (
	headStart = regexp.MustCompile(`(?i)<head(?:\s[^>]*)?>`)
	pageStart = regexp.MustCompile(`(?i)<html(?:\s[^>]*)?>`)
	doctype   = regexp.MustCompile(`(?i)^\s*<!doctype[^>]*>`)
)

// document puts the policy and the simulator's own script in front of all else
// in a widget's page.
func document(page, policy string, globals json.RawMessage) string {
	first := `<meta http-equiv="Content-Security-Policy" content="` + html.EscapeString(policy) + `">` +
		strings.Replace(ui.SimulatorShim(), `data-globals=""`, `data-globals="`+html.EscapeString(string(globals))+`"`, 1)
	for _, place := range []*regexp.Regexp{headStart, pageStart, doctype} {
		if at := place.FindStringIndex(page); at != nil {
			if place != headStart {
				first = "<head>" + first + "</head>"
			}
			return page[:at[1]] + first + page[at[1]:]
		}
	}
	return "<!doctype html><head>" + first + "</head>" + page
}
