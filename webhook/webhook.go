// Package webhook tells agents what became of their orders: signed, at least
// once, in order per order, until it is acknowledged or parked.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/secret"
)

// Limits of one delivery.
const (
	Timeout     = 10 * time.Second // for the receiver's whole answer
	maxAnswer   = 64 << 10         // bytes of an answer that are read
	maxWaitSaid = 6 * time.Hour    // a longer Retry-After is cut to this
)

// Endpoint is where an agent wants to be told.
type Endpoint struct {
	URL      string
	Secret   secret.String
	Header   string        // of the signature; "" is Merchant-Signature
	Encoding sign.Encoding // of the signature in versions that leave it open
}

// Endpoints finds the endpoint of an agent; ok is false when it has none.
type Endpoints interface {
	Endpoint(merchantID, agent string, live bool) (e Endpoint, ok bool)
}

// Deliverer delivers order events.
type Deliverer struct {
	Endpoints Endpoints
	Client    *http.Client // must not follow redirects; see NewClient
	Now       func() time.Time
	Log       *slog.Logger
}

// NewClient makes a client for deliveries. It follows no redirects: a signed
// event goes to the address that was configured and nowhere else.
func NewClient() *http.Client {
	return &http.Client{Timeout: Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Deliver is the job handler. It returns nil when the receiver took the event
// or when nobody wants it, job.Permanent for an answer that repeating cannot
// change, and any other error for one more try.
func (d *Deliverer) Deliver(ctx context.Context, j job.Job) error {
	var ev order.Event
	if err := json.Unmarshal(j.Payload, &ev); err != nil {
		return job.Permanent(fmt.Errorf("event of job %s: %w", j.ID, err))
	}
	ep, ok := d.Endpoints.Endpoint(ev.MerchantID, ev.Agent, ev.Live)
	if !ok {
		d.Log.DebugContext(ctx, "no webhook endpoint", "agent", ev.Agent, "order", ev.Order.ID)
		return nil
	}
	codec, ok := wire.For(ev.APIVersion)
	if !ok {
		codec = wire.Newest()
	}
	kind := wire.OrderCreated
	if ev.Kind == order.Updated {
		kind = wire.OrderUpdated
	}
	body, err := codec.AppendOrderEvent(nil, kind, &ev.Order)
	if err != nil {
		return job.Permanent(err)
	}
	scheme := codec.WebhookSignature()
	scheme.Header, scheme.Encoding = ep.Header, ep.Encoding
	return d.post(ctx, ep, scheme, ev, body, j.Attempt)
}

func (d *Deliverer) post(ctx context.Context, ep Endpoint, scheme sign.WebhookScheme, ev order.Event, body []byte, try int64) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ep.URL, bytes.NewReader(body))
	if err != nil {
		return job.Permanent(err)
	}
	now := d.Now()
	h := req.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Checkstand")
	h.Set("Request-Id", id.New(id.Request, now))
	h.Set("Timestamp", now.UTC().Format(time.RFC3339))
	h.Set(scheme.HeaderName(), scheme.Sign([]byte(ep.Secret.Reveal()), body, now))
	resp, err := d.Client.Do(req)
	if err != nil {
		// A url.Error quotes the address, which may hold a secret of the agent's.
		var quoted *url.Error
		if errors.As(err, &quoted) {
			err = quoted.Err
		}
		return fmt.Errorf("webhook receiver of %s: %w", ev.Agent, err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		d.Log.DebugContext(ctx, "webhook answer not read to its end", "order", ev.Order.ID, "error", err)
	}
	d.Log.InfoContext(ctx, "webhook", "event", ev.ID, "kind", string(ev.Kind), "order", ev.Order.ID, "agent", ev.Agent,
		"status", resp.StatusCode, "try", try)
	return verdict(resp, ev.Agent)
}

// verdict says what an answer means: taken, try again (5xx and the 4xx that
// ask for it), or never.
func verdict(resp *http.Response, agent string) error {
	status := resp.StatusCode
	if status >= 200 && status < 300 {
		return nil
	}
	err := fmt.Errorf("webhook receiver of %s answered %d", agent, status)
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
	default:
		if status < 500 {
			return job.Permanent(err)
		}
	}
	if secs, convErr := strconv.Atoi(resp.Header.Get("Retry-After")); convErr == nil && secs > 0 {
		return errors.Join(err, job.RetryAfter(min(time.Duration(secs)*time.Second, maxWaitSaid)))
	}
	return err
}
