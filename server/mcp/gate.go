package mcp

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// hostOrigins are the origins of the chats that a browser may call from.
var hostOrigins = []string{"https://chatgpt.com", "https://chat.openai.com"}

// corsHeaders are what a browser may send, and see of an answer.
const (
	corsRequestHeaders  = "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id"
	corsResponseHeaders = "Mcp-Session-Id, WWW-Authenticate"
)

// gate is in front of every endpoint. It takes requests for the public host and
// for this machine only, so that a page that has rebound its name to this
// machine is refused, and from pages of known origins.
type gate struct {
	host, origin string
	bodyLimit    int64
}

func newGate(base *url.URL, bodyLimit int64) *gate {
	return &gate{host: strings.ToLower(base.Host), origin: base.Scheme + "://" + strings.ToLower(base.Host), bodyLimit: bodyLimit}
}

func (g *gate) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if host := strings.ToLower(r.Host); host != g.host && !loopback(host) {
			http.Error(w, "This host is not served here.", http.StatusForbidden)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			h.Add("Vary", "Origin")
			if !g.knows(origin) {
				http.Error(w, "Pages of this origin may not call this endpoint.", http.StatusForbidden)
				return
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", corsResponseHeaders)
		}
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
			h.Set("Access-Control-Allow-Headers", corsRequestHeaders)
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if r.ContentLength > g.bodyLimit {
			http.Error(w, "The request body is too large.", http.StatusRequestEntityTooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knows reports whether pages of an origin may call: our own, those of the
// chats, and those on the machine of the browser, where developers have their
// tools.
func (g *gate) knows(origin string) bool {
	origin = strings.ToLower(origin)
	if origin == g.origin || slices.Contains(hostOrigins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.User == nil && (u.Scheme == "http" || u.Scheme == "https") && loopback(u.Host)
}

// loopback reports whether a host with or without port is this machine, by its
// address or as localhost.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if name == "localhost" {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}
