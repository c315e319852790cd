package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"regexp"
	"strings"

	"github.com/checkstand/checkstand/ui"
)

var (
	inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	inlineStyle  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
)

// prepare makes the two pages, which know each other's origin.
func (s *Simulator) prepare(page, frame string) error {
	script, style := inlineScript.FindStringSubmatch(ui.SimulatorPage()), inlineStyle.FindStringSubmatch(ui.SimulatorPage())
	if script == nil || style == nil {
		return errors.New("simulator: the page has no script or no style")
	}
	s.page = []byte(ui.SimulatorPage())
	// Pictures of products come from wherever the tried server has them.
	s.policy = strings.Join([]string{"default-src 'none'", "script-src " + digest(script[1]), "style-src " + digest(style[1]),
		"img-src 'self' data: http: https:", "connect-src 'self'", "frame-src " + frame, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"}, "; ")
	const place = `data-host=""`
	if strings.Count(ui.SimulatorFrame(), place) != 1 {
		return errors.New("simulator: the frame has no place for its host")
	}
	s.frame = []byte(strings.Replace(ui.SimulatorFrame(), place, `data-host="`+html.EscapeString(page)+`"`, 1))
	return nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (s *Simulator) pageRoutes(page, frame string) http.Handler {
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", s.policy)
		// The frame makes sure of who embeds it by this.
		w.Header().Set("Referrer-Policy", "strict-origin-when-cross-origin")
		_, _ = w.Write(s.page)
	}
	mux.HandleFunc("GET /{$}", show)
	mux.HandleFunc("GET /c/{conversation}", show) // where the shop sends the buyer back to
	mux.HandleFunc("GET /favicon.ico", icon)
	mux.HandleFunc("GET /api/traffic", s.traffic)
	mux.HandleFunc("GET "+backPath, back)
	mux.HandleFunc("POST "+backPath, back) // by the bank's page
	for pattern, handle := range map[string]http.HandlerFunc{
		"POST /api/mcp": s.forward, "DELETE /api/mcp": s.forward, "POST /api/widget": s.dress, "POST /api/token": s.issue, "POST /api/check": s.examine,
		"POST /api/authentication": s.askBank(page), "POST /api/authentication/result": s.bankResult,
		"POST /api/settings": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, map[string]any{"mcp_url": s.server.Redacted(), "frame": frame + "/frame", "cards": s.offered(), "sandbox": s.agent != nil, "version": s.Version})
		},
	} {
		mux.HandleFunc(pattern, own(page, handle))
	}
	return mux
}

func (s *Simulator) frameRoutes(page string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /frame", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// A widget's frame inherits what is said here, so nothing else is.
		w.Header().Set("Content-Security-Policy", "frame-ancestors "+page)
		_, _ = w.Write(s.frame)
	})
	mux.HandleFunc("GET /favicon.ico", icon)
	return mux
}

func icon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(ui.Icon())
}

// examine holds a session to the documentation.
func (s *Simulator) examine(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Session json.RawMessage `json:"session"`
		Handed  bool            `json:"handed"`
	}
	if !take(w, r, &wish) {
		return
	}
	found := CheckSession(wish.Session, wish.Handed)
	if found == nil {
		found = []Violation{}
	}
	answer(w, map[string]any{"violations": found})
}
