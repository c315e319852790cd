package stripetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
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

// Deliver sets how webhooks go out from now on.
func (s *Server) Deliver(d paymenttest.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivery = d
}

// Webhooks takes the webhooks that wait, oldest first, each signed now: as it
// would be delivered at this moment. Deliver them late, twice or in another
// order, as Stripe does.
func (s *Server) Webhooks() []payment.WebhookRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []payment.WebhookRequest
	for _, e := range s.events {
		if s.delivery.WrongAmount {
			e.body = lessAmount(e.body)
		}
		out = append(out, Sign(s.cfg.WebhookSecret, s.now().Unix(), e.body))
		if s.delivery.Twice {
			out = append(out, Sign(s.cfg.WebhookSecret, s.now().Unix(), e.body))
		}
	}
	if s.delivery.Backwards {
		slices.Reverse(out)
	}
	s.events = nil
	return out
}

// lessAmount takes a unit from every amount of an event.
func lessAmount(body []byte) []byte {
	var e map[string]any
	if err := json.Unmarshal(body, &e); err != nil {
		panic(err) // it was written by emit
	}
	about := e["data"].(map[string]any)["object"].(map[string]any)
	for field, value := range about {
		if amount, number := value.(float64); number && strings.HasPrefix(field, "amount") && amount > 0 {
			about[field] = int64(amount) - 1
		}
	}
	body, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return body
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
