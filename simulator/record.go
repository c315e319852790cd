package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of the record: it is to look back on, not an archive.
const (
	maxExchanges = 500
	maxKept      = 256 << 10 // bytes of an answer
)

// exchange is one request to the MCP server, with what came of it.
type exchange struct {
	at      time.Time
	took    time.Duration
	request []byte
	status  int // 0 when there was no answer
	answer  []byte
	err     string
}

// record keeps the newest exchanges.
type record struct {
	mu  sync.Mutex
	all []exchange
}

func (r *record) add(e exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == maxExchanges {
		r.all = slices.Delete(r.all, 0, 1)
	}
	r.all = append(r.all, e)
}

func (r *record) list() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// traffic writes the record as JSON lines, for a report to somebody else: what
// must stay secret is left out of it.
func (s *Simulator) traffic(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Content-Disposition", `attachment; filename="mcp-traffic.jsonl"`)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, e := range s.record.list() {
		line := struct {
			At      time.Time `json:"at"`
			Millis  float64   `json:"milliseconds"`
			Request any       `json:"request"`
			Status  int       `json:"status,omitempty"`
			Answer  any       `json:"answer,omitempty"`
			Error   string    `json:"error,omitempty"`
		}{e.at.UTC(), float64(e.took.Microseconds()) / 1000, readable(e.request), e.status, nil, e.err}
		if len(e.answer) > 0 {
			line.Answer = readable(e.answer)
		}
		if enc.Encode(line) != nil {
			return // whoever asked hung up
		}
	}
}

// readable is a body as JSON without its secrets: one message, or the messages
// of an event stream. Anything else is told by its length alone.
func readable(body []byte) any {
	var v any
	if json.Unmarshal(body, &v) == nil {
		return masked(v)
	}
	var events []any
	for line := range strings.Lines(string(body)) {
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data:"); ok && json.Unmarshal([]byte(data), &v) == nil {
			events = append(events, masked(v))
		}
	}
	if events != nil {
		return events
	}
	return map[string]int{"bytes": len(body)}
}

// secretNames are members whose text is never shown: payment tokens, cards, and
// links that are good for whoever has them.
var secretNames = []string{"token", "cvc", "number", "authorization", "three_ds_cryptogram", "checkout_url", "continue_url"}

const mask = "•••"

// leastSecret is from how many bytes on a text is looked for elsewhere: shorter
// ones are part of much that is no secret.
const leastSecret = 8

// masked replaces the secrets in decoded JSON. A text that repeats one, or that
// is JSON itself, loses it too.
func masked(v any) any {
	found := map[string]bool{}
	v = withoutSecrets(v, found)
	return scrubbed(v, found)
}

func withoutSecrets(v any, found map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if text, ok := value.(string); ok && text != "" && slices.Contains(secretNames, strings.ToLower(name)) {
				v[name] = mask
				if len(text) >= leastSecret {
					found[text] = true
				}
				continue
			}
			v[name] = withoutSecrets(value, found)
		}
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i], found)
		}
	}
	return v
}

func scrubbed(v any, found map[string]bool) any {
	switch v := v.(type) {
	case string:
		for text := range found {
			v = strings.ReplaceAll(v, text, mask)
		}
		return v
	case map[string]any:
		for name := range v {
			v[name] = scrubbed(v[name], found)
		}
	case []any:
		for i := range v {
			v[i] = scrubbed(v[i], found)
		}
	}
	return v
}
