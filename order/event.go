package order

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/job"
)

// EventKind says what happened to an order.
type EventKind string

const (
	Created EventKind = "created"
	Updated EventKind = "updated"
)

// WebhookKind is the kind of the job that tells an agent about an order.
const WebhookKind = "webhook"

// Event is the payload of a webhook job: the order as it was when the event
// happened, and who is to be told, in which version.
type Event struct {
	ID         string      `json:"id"` // evt_…, the same over all deliveries
	Kind       EventKind   `json:"kind"`
	MerchantID string      `json:"merchant_id"`
	Agent      string      `json:"agent"`
	Live       bool        `json:"live"`
	APIVersion acp.Version `json:"api_version"`
	Order      acp.Order   `json:"order"`
}

// NewEvent makes the job that delivers an event of an order that is stored in
// the same transaction, whose Version has been raised by that. Events of one
// order are delivered in the order of its versions.
func NewEvent(kind EventKind, o *Order, now time.Time) (job.Job, error) {
	ev := Event{ID: id.New(id.Event, now), Kind: kind, MerchantID: o.MerchantID, Agent: o.Agent, Live: o.Live,
		APIVersion: o.APIVersion, Order: o.Order}
	payload, err := json.Marshal(ev)
	if err != nil {
		return job.Job{}, err
	}
	return job.Job{ID: eventJobID(o.Version, now), MerchantID: o.MerchantID, Kind: WebhookKind, OrderKey: o.ID,
		Payload: payload, Due: now, CreatedAt: now}, nil
}

// eventJobID is an id that sorts by the time and, within a millisecond, by the
// order's version: jobs of one order run in the order of their ids.
func eventJobID(version int64, now time.Time) string {
	fresh := id.New(id.Job, now)
	return fmt.Sprintf("%s%06x%s", id.Before(id.Job, now), version&0xffffff, fresh[len(fresh)-10:])
}
