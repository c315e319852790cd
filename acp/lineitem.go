package acp

import "time"

// ItemRef names an item of the catalogue.
type ItemRef struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitzero"`
	UnitAmount *int64 `json:"unit_amount,omitzero"`
}

// LineItem is one line of the cart. ID stays the same as long as the line
// lives; the amounts are in Totals, whose order is base, discount, subtotal,
// tax, total.
type LineItem struct {
	ID                  string             `json:"id"`
	Item                ItemRef            `json:"item"`
	Quantity            int64              `json:"quantity"`
	Name                string             `json:"name,omitzero"`
	Description         string             `json:"description,omitzero"`
	Images              []string           `json:"images,omitzero"`
	UnitAmount          *int64             `json:"unit_amount,omitzero"`
	ProductID           string             `json:"product_id,omitzero"`
	SKU                 string             `json:"sku,omitzero"`
	VariantID           string             `json:"variant_id,omitzero"`
	Category            string             `json:"category,omitzero"`
	Tags                []string           `json:"tags,omitzero"`
	Weight              *Weight            `json:"weight,omitzero"`
	Dimensions          *Dimensions        `json:"dimensions,omitzero"`
	AvailabilityStatus  string             `json:"availability_status,omitzero"` // in_stock, low_stock, out_of_stock, backorder, pre_order
	AvailableQuantity   *int64             `json:"available_quantity,omitzero"`
	MaxQuantityPerOrder *int64             `json:"max_quantity_per_order,omitzero"`
	FulfillableOn       time.Time          `json:"fulfillable_on,omitzero"`
	VariantOptions      []VariantOption    `json:"variant_options,omitzero"`
	Disclosures         []Disclosure       `json:"disclosures,omitzero"`
	CustomAttributes    []CustomAttribute  `json:"custom_attributes,omitzero"`
	DiscountDetails     []DiscountDetail   `json:"discount_details,omitzero"`
	TaxExempt           bool               `json:"tax_exempt,omitzero"`
	TaxExemptionReason  string             `json:"tax_exemption_reason,omitzero"`
	ParentID            string             `json:"parent_id,omitzero"`
	Seller              *MarketplaceSeller `json:"marketplace_seller_details,omitzero"`
	Totals              []Total            `json:"totals"`
}

// Dimensions is the size of one unit.
type Dimensions struct {
	Length float64 `json:"length"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Unit   string  `json:"unit"` // cm, in
}

// Disclosure is a text that must be shown beside the item.
type Disclosure struct {
	Type        string `json:"type"`         // disclaimer
	ContentType string `json:"content_type"` // plain or markdown
	Content     string `json:"content"`
}

// CustomAttribute is one more fact about the item, for display.
type CustomAttribute struct {
	DisplayName string `json:"display_name"`
	Value       string `json:"value"`
}

// DiscountDetail is one discount in the line's items_discount. Amount is
// positive.
type DiscountDetail struct {
	Code        string `json:"code,omitzero"`
	Type        string `json:"type"` // percentage, fixed, bogo, volume
	Amount      int64  `json:"amount"`
	Description string `json:"description,omitzero"`
	Source      string `json:"source,omitzero"` // coupon, automatic, loyalty
}

// MarketplaceSeller is who sells the item on a marketplace.
type MarketplaceSeller struct {
	Name string `json:"name"`
}

// VariantOption is one choice that tells a variant from its siblings.
type VariantOption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Weight is the weight of one unit.
type Weight struct {
	Value float64 `json:"value"` // a measure, not money
	Unit  string  `json:"unit"`  // g, kg, oz, lb
}
