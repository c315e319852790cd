package receiver

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Event is one order event, however often it was delivered.
type Event struct {
	ReceivedAt time.Time      `json:"received_at"` // of the first delivery
	Verified   bool           `json:"verified"`    // its signature was correct
	Type       string         `json:"type"`        // order_create, order_update, … as it was sent
	OrderID    string         `json:"order_id"`    // empty in the versions before 2026-04-17
	SessionID  string         `json:"checkout_session_id"`
	Deliveries int            `json:"deliveries"`
	Body       jsontext.Value `json:"body"` // as it was sent; a JSON string when it is not JSON

	key  eventKey
	size int
}

// Anchor names the event in the address of the page.
func (e Event) Anchor() string {
	name := hex.EncodeToString(e.key.body[:anchorBytes])
	if !e.Verified {
		name += "-refused"
	}
	return name
}

const anchorBytes = 8

// eventKey tells events apart: a delivery with the key of an earlier one is
// the same event again. One with a wrong signature is never taken for one with
// a correct one.
type eventKey struct {
	order, kind string
	verified    bool
	body        [sha256.Size]byte
}

// read takes an event apart. What is not an object with a type and data is
// kept as text, and not well formed.
func read(body []byte) (e Event, wellFormed bool) {
	var said struct {
		Type string `json:"type"`
		Data *struct {
			ID        string `json:"id"`
			SessionID string `json:"checkout_session_id"`
		} `json:"data"`
	}
	e = Event{size: len(body), key: eventKey{body: sha256.Sum256(body)}}
	if err := json.Unmarshal(body, &said); err != nil {
		// A JSON string of any text: what is not UTF-8 in it is replaced.
		e.Body, _ = jsontext.AppendQuote(nil, strings.ToValidUTF8(string(body), "\uFFFD"))
		if valid := jsontext.Value(body); valid.IsValid() {
			e.Body = slices.Clone(valid)
		}
		return e, false
	}
	e.Type, e.Body = said.Type, slices.Clone(body)
	if said.Data != nil {
		e.OrderID, e.SessionID = said.Data.ID, said.Data.SessionID
	}
	return e, said.Type != "" && said.Data != nil
}

// eventLog keeps the last events, newest last.
type eventLog struct {
	events []Event
	bytes  int
}

// add counts a delivery of a known event, or keeps a new one; it returns the
// event as it is in the log.
func (l *eventLog) add(e Event) Event {
	e.key.order, e.key.kind, e.key.verified = e.OrderID, e.Type, e.Verified
	i := slices.IndexFunc(l.events, func(known Event) bool { return known.key == e.key })
	if i >= 0 {
		l.events[i].Deliveries++
		return l.events[i]
	}
	e.Deliveries = 1
	for len(l.events) > 0 && (len(l.events) >= MaxEvents || l.bytes+e.size > MaxLogBytes) {
		if !l.drop(e.Verified) {
			return e
		}
	}
	l.events, l.bytes = append(l.events, e), l.bytes+e.size
	return e
}

// drop makes room: the oldest event without a correct signature goes, else the
// oldest, but that only for a signed one: nobody without the secret can push
// out what was signed.
func (l *eventLog) drop(forSigned bool) bool {
	i := slices.IndexFunc(l.events, func(e Event) bool { return !e.Verified })
	if i < 0 && !forSigned {
		return false
	}
	i = max(i, 0)
	l.bytes -= l.events[i].size
	l.events = slices.Delete(l.events, i, i+1)
	return true
}

func (l *eventLog) all() []Event { return append([]Event{}, l.events...) }
