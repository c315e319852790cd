package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
)

// only lets requests for one host and port through: a page elsewhere that has
// rebound its name to this machine asks for another one.
func only(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Host != host {
			http.Error(w, "The simulator is at http://"+host+"/", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// own lets only the page itself through, which sends its origin and JSON. What
// a page of another origin may send without asking first is neither.
func own(origin string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != origin {
			refuse(w, http.StatusForbidden, "Only the simulator's own page may ask this.")
			return
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, "Send application/json.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next(w, r)
	}
}

// maxBody bounds what the page sends, in bytes. A widget's page is part of it.
const maxBody = 8 << 20

// take reads a request's JSON into v, or answers why it cannot.
func take(w http.ResponseWriter, r *http.Request, v any) bool {
	body, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "The request is too large.")
		return false
	}
	if err == nil {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "The request cannot be read.")
		return false
	}
	return true
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever hung up gets nothing
}

// refuse answers with what went wrong, in words for a person.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": message})
}
