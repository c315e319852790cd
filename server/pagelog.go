package server

import (
	"log/slog"
	"net/http"
	"strings"
)

// logged writes a line for each request of a page on which a buyer pays or
// reads an order. It names the route and not the address: whoever has that can
// open the page. Pictures, policies and the front page are not worth a line.
func (a *App) logged(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/checkout/") && !strings.HasPrefix(r.URL.Path, "/cart/") && !strings.HasPrefix(r.URL.Path, "/orders/") {
			pages.ServeHTTP(w, r)
			return
		}
		sent := &sentStatus{ResponseWriter: w}
		began := a.now()
		pages.ServeHTTP(sent, r)
		level := slog.LevelInfo
		if sent.status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		a.log.LogAttrs(r.Context(), level, "page", slog.String("method", r.Method), slog.String("route", r.Pattern),
			slog.Int("status", sent.status), slog.Duration("took", a.now().Sub(began)))
	})
}

// sentStatus remembers the status of an answer.
type sentStatus struct {
	http.ResponseWriter
	status int
}

func (s *sentStatus) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *sentStatus) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *sentStatus) Unwrap() http.ResponseWriter { return s.ResponseWriter }
