package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// Headers that belong to MCP, in both directions. Nothing else of a browser's
// request is passed on, and nothing else of the answer comes back.
var (
	toServer   = []string{"Accept", "Content-Type", "Last-Event-Id", "Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"}
	fromServer = []string{"Content-Type", "Mcp-Session-Id", "Www-Authenticate"}
)

// forward passes one request of the page to the MCP server, and the answer back
// as it comes. The page cannot ask the server itself: servers answer the pages
// of chats, and not those on somebody's machine.
func (s *Simulator) forward(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "The request is too large.")
		return
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, s.server.String(), bytes.NewReader(body))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "The request cannot be made.")
		return
	}
	for _, name := range toServer {
		if v := r.Header.Get(name); v != "" {
			out.Header.Set(name, v)
		}
	}
	if s.Bearer.Reveal() != "" {
		out.Header.Set("Authorization", "Bearer "+s.Bearer.Reveal())
	}
	began := s.Now()
	resp, err := s.http.Do(out)
	if err != nil {
		s.record.add(exchange{at: began, took: s.Now().Sub(began), request: body, err: err.Error()})
		refuse(w, http.StatusBadGateway, fmt.Sprintf("The MCP server at %s does not answer: %v. Is it running?", s.server.Redacted(), unwrapped(err)))
		return
	}
	defer resp.Body.Close()
	for _, name := range fromServer {
		for _, v := range resp.Header.Values(name) {
			w.Header().Add(name, v)
		}
	}
	w.WriteHeader(resp.StatusCode)
	kept, err := stream(w, resp.Body, streams(resp.Header.Get("Content-Type")))
	done := exchange{at: began, took: s.Now().Sub(began), request: body, status: resp.StatusCode, answer: kept}
	if err != nil {
		done.err = err.Error()
	}
	s.record.add(done)
}

// unwrapped is the reason of a failed request without the address, which the
// sentence around it has.
func unwrapped(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

func streams(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "text/event-stream"
}

// stream copies an answer and returns the beginning of it. Events are passed on
// one by one.
func stream(w http.ResponseWriter, from io.Reader, events bool) (kept []byte, err error) {
	flush := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			kept = append(kept, buffer[:min(n, maxKept-min(len(kept), maxKept))]...)
			if _, err := w.Write(buffer[:n]); err != nil {
				return kept, err
			}
			if events {
				if err := flush.Flush(); err != nil {
					return kept, err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return kept, nil
		}
		if err != nil {
			return kept, err
		}
	}
}
