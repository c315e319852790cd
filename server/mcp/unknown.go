package mcp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// mostKept bounds what is kept of a request for its id.
const mostKept = 64 << 10

// answeringUnknown answers requests of methods that are not known by an error of
// JSON-RPC in every revision of the protocol. Before 2026-07-28 the SDK answers
// them by a line of text with status 400, which clients take for a server that
// is broken.
func answeringUnknown(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		asked := &keeper{ReadCloser: r.Body}
		r.Body = asked
		answer := &unknownWriter{ResponseWriter: w, asked: asked}
		next.ServeHTTP(answer, r)
		if answer.held {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
}

// keeper keeps the beginning of what is read.
type keeper struct {
	io.ReadCloser
	kept []byte
}

func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	k.kept = append(k.kept, p[:min(n, mostKept-len(k.kept))]...)
	return n, err
}

// unknownWriter puts the error of JSON-RPC into the place of the SDK's text.
type unknownWriter struct {
	http.ResponseWriter
	asked *keeper
	held  bool // status 400, until its text is there
}

// Unwrap is for http.ResponseController.
func (u *unknownWriter) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func (u *unknownWriter) WriteHeader(status int) {
	if u.held = status == http.StatusBadRequest; !u.held {
		u.ResponseWriter.WriteHeader(status)
	}
}

func (u *unknownWriter) Write(text []byte) (int, error) {
	if !u.held {
		return u.ResponseWriter.Write(text)
	}
	u.held = false
	var request struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	if !bytes.HasPrefix(text, []byte("JSON RPC not handled")) || json.Unmarshal(u.asked.kept, &request) != nil || request.ID == nil {
		u.ResponseWriter.WriteHeader(http.StatusBadRequest)
		return u.ResponseWriter.Write(text)
	}
	answer, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": request.ID, "error": notFound(request.Method)})
	if err != nil {
		return 0, err
	}
	u.Header().Set("Content-Type", "application/json")
	u.Header().Del("Content-Length")
	if _, err := u.ResponseWriter.Write(answer); err != nil {
		return 0, err
	}
	return len(text), nil
}
