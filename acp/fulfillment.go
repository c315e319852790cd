package acp

import "time"

// FulfillmentType is the way goods reach the buyer.
type FulfillmentType string

const (
	FulfillmentShipping      FulfillmentType = "shipping"
	FulfillmentDigital       FulfillmentType = "digital"
	FulfillmentPickup        FulfillmentType = "pickup"
	FulfillmentLocalDelivery FulfillmentType = "local_delivery"
)

// FulfillmentOption is one way of delivery on offer. Totals has fulfillment
// (before tax), tax and total. Carrier and the delivery times belong to
// shipping; Location, PickupType, ReadyBy and PickupBy to pickup; Window and
// Area to local delivery.
type FulfillmentOption struct {
	Type                 FulfillmentType `json:"type"`
	ID                   string          `json:"id"`
	Title                string          `json:"title"`
	Description          string          `json:"description,omitzero"`
	Carrier              string          `json:"carrier,omitzero"`
	EarliestDeliveryTime time.Time       `json:"earliest_delivery_time,omitzero"`
	LatestDeliveryTime   time.Time       `json:"latest_delivery_time,omitzero"`
	Location             *PickupLocation `json:"location,omitzero"`
	PickupType           string          `json:"pickup_type,omitzero"` // in_store, curbside, locker
	ReadyBy              time.Time       `json:"ready_by,omitzero"`
	PickupBy             time.Time       `json:"pickup_by,omitzero"`
	Window               *DeliveryWindow `json:"delivery_window,omitzero"`
	Area                 *ServiceArea    `json:"service_area,omitzero"`
	Totals               []Total         `json:"totals"`
}

// PickupLocation is where the buyer collects the goods.
type PickupLocation struct {
	Name         string  `json:"name"`
	Address      Address `json:"address"`
	Phone        string  `json:"phone,omitzero"`
	Instructions string  `json:"instructions,omitzero"`
}

// DeliveryWindow is when a local delivery comes.
type DeliveryWindow struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// ServiceArea is how far a local delivery goes.
type ServiceArea struct {
	RadiusMiles      float64 `json:"radius_miles,omitzero"`
	CenterPostalCode string  `json:"center_postal_code,omitzero"`
}

// FulfillmentGroup sends some lines to a destination of their own: the address
// of FulfillmentDetails (of the session, if it has none), or the place with the
// id LocationID, which is the method's. ItemIDs are line ids on output; on input
// item ids are understood too.
type FulfillmentGroup struct {
	ID                 string              `json:"id"`
	ItemIDs            []string            `json:"item_ids"`
	DestinationType    FulfillmentType     `json:"destination_type"`
	FulfillmentDetails *FulfillmentDetails `json:"fulfillment_details,omitzero"`
	LocationID         string              `json:"location_id,omitzero"`
	Instructions       string              `json:"instructions,omitzero"`
}

// SelectedFulfillmentOption says which option delivers which lines. ItemIDs
// are line ids on output. On input item ids are understood too, nil ItemIDs
// means every line that the option fits, and Type is empty when the request
// named the option alone.
type SelectedFulfillmentOption struct {
	Type     FulfillmentType `json:"type"`
	OptionID string          `json:"option_id"`
	ItemIDs  []string        `json:"item_ids"`
}
