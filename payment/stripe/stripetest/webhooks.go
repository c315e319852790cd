package stripetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// event is a webhook that waits to be delivered, with its object as it was.
type event struct {
	kind string
	body []byte
}

// emit queues a webhook; mu is held.
func (s *Server) emit(kind string, about object) {
	about["livemode"] = s.cfg.Live
	body, err := json.Marshal(object{"id": s.id("evt"), "object": "event", "type": kind, "created": s.now().Unix(), "livemode": s.cfg.Live,
		"data": object{"object": about}}, json.Deterministic(true))
	if err != nil {
		panic(err) // made of maps, strings and numbers
	}
	s.events = append(s.events, event{kind, body})
}

// Webhooks takes the webhooks that wait, oldest first, each signed now: as it
// would be delivered at this moment. Deliver them late, twice or in another
// order, as Stripe does.
func (s *Server) Webhooks() []payment.WebhookRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]payment.WebhookRequest, len(s.events))
	for i, e := range s.events {
		out[i] = Sign(s.cfg.WebhookSecret, s.now().Unix(), e.body)
	}
	s.events = nil
	return out
}

// Sign makes the request of a webhook.
func Sign(secret string, at int64, body []byte) payment.WebhookRequest {
	stamp := strconv.FormatInt(at, 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set("Stripe-Signature", fmt.Sprintf("t=%s,v1=%s", stamp, hex.EncodeToString(mac.Sum(nil))))
	return payment.WebhookRequest{Method: http.MethodPost, Header: header, Body: body}
}
