package wire_test

import (
	"time"

	"github.com/checkstand/checkstand/acp"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func total(kind acp.TotalType, amount int64) acp.Total {
	return acp.Total{Type: kind, DisplayText: string(kind), Amount: amount}
}

// threeLines is a priced session of three lines, ready to be paid: the size
// that most answers have.
func threeLines() *acp.Session {
	line := func(id, item string, quantity, unit, discount, tax int64) acp.LineItem {
		base := quantity * unit
		return acp.LineItem{
			ID: id, Item: acp.ItemRef{ID: item, Name: "Oat biscuits", UnitAmount: ptr(unit)}, Quantity: quantity,
			Name: "Oat biscuits", Description: "Twelve biscuits in a tin", Images: []string{"https://shop.example.com/i/" + item + ".jpg"},
			UnitAmount: ptr(unit), SKU: item, AvailabilityStatus: "in_stock", AvailableQuantity: ptr(int64(7)),
			VariantOptions: []acp.VariantOption{{Name: "Size", Value: "Large"}},
			Totals: []acp.Total{
				total(acp.TotalItemsBaseAmount, base), total(acp.TotalItemsDiscount, discount),
				total(acp.TotalSubtotal, base-discount), total(acp.TotalTax, tax), total(acp.TotalTotal, base-discount+tax),
			},
		}
	}
	option := func(id, title string, net, tax int64) acp.FulfillmentOption {
		return acp.FulfillmentOption{
			Type: acp.FulfillmentShipping, ID: id, Title: title, Description: "Arrives in 2 to 4 days", Carrier: "Post",
			EarliestDeliveryTime: noon.Add(48 * time.Hour), LatestDeliveryTime: noon.Add(96 * time.Hour),
			Totals: []acp.Total{total(acp.TotalFulfillment, net), total(acp.TotalTax, tax), total(acp.TotalTotal, net+tax)},
		}
	}
	return &acp.Session{
		ID: "cs_01", Status: acp.ReadyForPayment, Currency: "usd",
		Capabilities: acp.Capabilities{
			Payment: &acp.PaymentCapabilities{Handlers: []acp.PaymentHandler{{
				ID: "card_tokenized", Name: "dev.acp.tokenized.card", DisplayName: "Card", Version: "2026-01-22",
				Spec: "https://acp.dev/handlers/tokenized.card", RequiresDelegatePayment: true, PSP: "stripe",
				ConfigSchema:      "https://acp.dev/schemas/config.json",
				InstrumentSchemas: []string{"https://acp.dev/schemas/instrument.json"},
				Config: acp.HandlerConfig{MerchantID: "acct_1", PSP: "stripe", AcceptedBrands: []string{"visa", "mastercard"},
					Supports3DS: true, ThreeDSVersions: []string{"2.2"}, Environment: "sandbox"},
			}}},
			Interventions: &acp.Interventions{Supported: []string{"3ds"}, Enforcement: "conditional", MaxRedirects: ptr(int64(1))},
		},
		Buyer:     &acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "buyer@example.com", PhoneNumber: "+15550100"},
		LineItems: []acp.LineItem{line("li_1", "item_1", 2, 1299, 0, 208), line("li_2", "item_2", 1, 4500, 450, 324), line("li_3", "item_3", 3, 99, 0, 24)},
		FulfillmentDetails: &acp.FulfillmentDetails{Name: "Test Buyer", PhoneNumber: "+15550100", Email: "buyer@example.com",
			Address: &acp.Address{Name: "Test Buyer", LineOne: "1 Main Street", City: "Springfield", State: "IL", Country: "US", PostalCode: "62701"}},
		FulfillmentOptions:         []acp.FulfillmentOption{option("std", "Standard", 500, 40), option("exp", "Express", 1500, 120)},
		SelectedFulfillmentOptions: []acp.SelectedFulfillmentOption{{Type: acp.FulfillmentShipping, OptionID: "std", ItemIDs: []string{"li_1", "li_2", "li_3"}}},
		Totals: []acp.Total{
			total(acp.TotalItemsBaseAmount, 7395), total(acp.TotalItemsDiscount, 450), total(acp.TotalSubtotal, 6945),
			total(acp.TotalFulfillment, 500),
			{Type: acp.TotalTax, DisplayText: "Tax", Amount: 596, Breakdown: []acp.TaxBreakdown{{Jurisdiction: "Illinois", Rate: 0.08, Amount: 596}}},
			total(acp.TotalTotal, 8041),
		},
		Messages: []acp.Message{},
		Links: []acp.Link{
			{Type: "terms_of_use", URL: "https://shop.example.com/terms"},
			{Type: "privacy_policy", URL: "https://shop.example.com/privacy", Title: "Privacy"},
			{Type: "return_policy", URL: "https://shop.example.com/returns"},
			{Type: "support", URL: "https://shop.example.com/support"},
		},
		CreatedAt: noon, UpdatedAt: noon.Add(time.Minute), ExpiresAt: noon.Add(time.Hour),
		ContinueURL: "https://shop.example.com/checkout/cs_01",
	}
}

// everything is a session with every field of the model set.
func everything() *acp.Session {
	s := threeLines()
	s.Status = acp.AuthenticationRequired
	b := s.Buyer
	b.FullName, b.CustomerID, b.AccountType, b.AuthenticationStatus = "Test Buyer", "cus_1", "business", "authenticated"
	b.Company = &acp.Company{Name: "Example Ltd", TaxID: "12-3", Department: "Supplies", CostCenter: "7"}
	b.Loyalty = &acp.Loyalty{Tier: "gold", PointsBalance: ptr(int64(12)), MemberSince: noon}
	b.TaxExemption = &acp.TaxExemption{CertificateID: "c1", CertificateType: "resale", ExemptRegions: []string{"CA"}, ExpiresAt: noon}
	l := &s.LineItems[0]
	l.ProductID, l.VariantID, l.Category, l.Tags, l.ParentID = "p1", "v1", "food", []string{"tin"}, "li_3"
	l.Weight, l.Dimensions = &acp.Weight{Value: 250.5, Unit: "g"}, &acp.Dimensions{Length: 1, Width: 2.5, Height: 3, Unit: "cm"}
	l.MaxQuantityPerOrder, l.FulfillableOn = ptr(int64(9)), noon
	l.Disclosures = []acp.Disclosure{{Content: "Contains nuts"}}
	l.CustomAttributes = []acp.CustomAttribute{{DisplayName: "Engraving", Value: "None"}}
	l.DiscountDetails = []acp.DiscountDetail{{Code: "TEN", Type: "percentage", Amount: 1, Description: "Ten", Source: "coupon"}}
	l.TaxExempt, l.TaxExemptionReason = true, "resale"
	l.Seller = &acp.MarketplaceSeller{Name: "Example Ltd"}
	s.FulfillmentOptions = append(s.FulfillmentOptions,
		acp.FulfillmentOption{Type: acp.FulfillmentDigital, ID: "mail", Title: "By e-mail", Totals: []acp.Total{total(acp.TotalTotal, 0)}},
		acp.FulfillmentOption{Type: acp.FulfillmentPickup, ID: "shop", Title: "Collect", Totals: []acp.Total{total(acp.TotalTotal, 0)},
			Location:   &acp.PickupLocation{Name: "Shop", Address: *s.FulfillmentDetails.Address, Phone: "+15550100", Instructions: "Ring"},
			PickupType: "in_store", ReadyBy: noon, PickupBy: noon.Add(time.Hour)},
		acp.FulfillmentOption{Type: acp.FulfillmentLocalDelivery, ID: "bike", Title: "By bicycle", Totals: []acp.Total{total(acp.TotalTotal, 300)},
			Window: &acp.DeliveryWindow{Start: noon, End: noon.Add(time.Hour)}, Area: &acp.ServiceArea{RadiusMiles: 3.5, CenterPostalCode: "62701"}},
	)
	s.SelectedFulfillmentOptions = append(s.SelectedFulfillmentOptions, acp.SelectedFulfillmentOption{Type: acp.FulfillmentDigital, OptionID: "mail"})
	s.FulfillmentGroups = []acp.FulfillmentGroup{{ID: "g1", ItemIDs: []string{"li_1"}, DestinationType: acp.FulfillmentShipping,
		FulfillmentDetails: s.FulfillmentDetails, LocationID: "loc", Instructions: "Side door"}}
	s.Totals = append(s.Totals, total(acp.TotalDiscount, 1), total(acp.TotalFee, 2), total(acp.TotalGiftWrap, 3),
		total(acp.TotalTip, 4), total(acp.TotalStoreCredit, 5), total(acp.TotalAmountRefunded, 6))
	s.Messages = []acp.Message{
		{Type: acp.Info, Content: "Hello", Severity: "low"},
		{Type: acp.Warning, Code: acp.CodePriceChange, Param: "$.line_items[0]", ContentType: "markdown", Content: "*New* price"},
		{Type: acp.Warning, Code: "cosmic_rays", Content: "Odd"},
		{Type: acp.ErrorMessage, Code: acp.CodeLowStock, Param: "$.line_items[1].quantity", Resolution: acp.Recoverable, Severity: "high", Content: "Only 7 left"},
		{Type: acp.ErrorMessage, Code: acp.CodeExpired, Param: "$.payment_data.instrument.credential.token", Content: "Get a new token"},
		{Type: acp.ErrorMessage, Code: acp.CodeRegionRestricted, Param: "$.fulfillment_details.address.country", Content: "We do not send there"},
		{Type: acp.ErrorMessage, Code: "no_such_code", Content: "Odd"},
	}
	s.AuthenticationMetadata = &acp.AuthenticationMetadata{
		AcquirerDetails: acp.AcquirerDetails{AcquirerBIN: "412345", AcquirerCountry: "US", AcquirerMerchantID: "m1", MerchantName: "Shop", RequestorID: "r1"},
		DirectoryServer: "visa",
		FlowPreference:  &acp.FlowPreference{Type: "challenge", Challenge: &acp.FlowKind{Type: "preferred"}},
	}
	s.Discounts = &acp.Discounts{
		Codes: []string{"TEN", "OLD"},
		Applied: []acp.AppliedDiscount{
			{ID: "d1", Code: "TEN", Coupon: acp.Coupon{ID: "c1", Name: "Ten", PercentOff: ptr(10.0), Duration: "once"}, Amount: 450,
				Start: noon, End: noon.Add(time.Hour), Method: "each", Priority: 1, Allocations: []acp.DiscountAllocation{{Path: "$.line_items[1]", Amount: 450}}},
			{ID: "d2", Coupon: acp.Coupon{ID: "c2", Name: "Five", AmountOff: ptr(int64(500)), Currency: "usd"}, Amount: 500, Automatic: true},
		},
		Rejected: []acp.RejectedDiscount{{Code: "OLD", Reason: acp.DiscountExpired, Message: "Too late"}, {Code: "ODD", Reason: "moon_phase"}},
	}
	s.MarketingConsentOptions = []acp.MarketingConsentOption{{Channel: "email", DisplayText: "News", PrivacyPolicyURL: "https://shop.example.com/privacy"}}
	s.Capabilities.Interventions.Required = []string{"3ds", "address_verification"}
	s.Capabilities.Interventions.DisplayContext, s.Capabilities.Interventions.RedirectContext = "native", "in_app"
	s.Capabilities.Interventions.MaxInteractionDepth = ptr(int64(2))
	s.Capabilities.Payment.Handlers[0].DisplayOrder = ptr(int64(0))
	s.Capabilities.Extensions = []acp.Extension{{Name: "discount", Extends: []string{"$.CheckoutSession.discounts"},
		Schema: "https://example.com/discount.json", Spec: "https://example.com/discount"}}
	s.Locale, s.Timezone, s.QuoteID, s.QuoteExpiresAt = "en-US", "America/Chicago", "q1", noon
	s.Metadata = map[string]any{"cart": "c1", "n": int64(3), "deep": map[string]any{"a": []any{true, nil}}}
	return s
}

// completed is threeLines after payment.
func completed() *acp.Session {
	s := threeLines()
	s.Status = acp.Completed
	s.Order = &acp.OrderRef{ID: "ord_1", CheckoutSessionID: s.ID, PermalinkURL: "https://shop.example.com/orders/ord_1",
		OrderNumber: "1001", Status: "confirmed", Confirmation: &acp.Confirmation{ConfirmationNumber: "1001", OrderNotes: "Ring twice"}}
	return s
}

// shipped is an order with every field of the model set.
func shipped() *acp.Order {
	address := threeLines().FulfillmentDetails.Address
	return &acp.Order{
		ID: "ord_1", CheckoutSessionID: "cs_01", PermalinkURL: "https://shop.example.com/orders/ord_1",
		OrderNumber: "1001", ClientReferenceID: "r1", Status: "shipped",
		EstimatedDelivery: &acp.EstimatedDelivery{Earliest: noon, Latest: noon.Add(time.Hour)},
		Confirmation: &acp.Confirmation{ConfirmationNumber: "1001", ConfirmationEmailSent: ptr(true),
			ReceiptURL: "https://shop.example.com/r", InvoiceNumber: "i1", OrderNotes: "Ring twice"},
		Support: &acp.Support{Email: "help@example.com", Phone: "+15550100", Hours: "9-5", HelpCenterURL: "https://shop.example.com/help"},
		LineItems: []acp.OrderLineItem{{ID: "li_1", Title: "Oat biscuits", ProductID: "p1", Description: "Tin",
			Quantity: acp.OrderQuantity{Ordered: 2, Current: 2, Fulfilled: 1}, Status: "partial", UnitPrice: ptr(int64(1299)), Subtotal: ptr(int64(2598)),
			ImageURL: "https://shop.example.com/i.jpg", URL: "https://shop.example.com/p1", Totals: []acp.Total{total(acp.TotalTotal, 2598)}}},
		Fulfillments: []acp.Fulfillment{
			{ID: "ful_1", Type: acp.FulfillmentShipping, Status: "shipped", LineItems: []acp.FulfillmentLineItem{{ID: "li_1", Quantity: 1}},
				Carrier: "Post", TrackingNumber: "T1", TrackingURL: "https://post.example.com/T1", Destination: address,
				EstimatedDelivery: &acp.EstimatedDelivery{Earliest: noon, Latest: noon}, Description: "Parcel",
				Events: []acp.FulfillmentEvent{{ID: "ev_1", Type: "shipped", OccurredAt: noon, Description: "Left", Location: "Springfield"}}},
			{ID: "ful_2", Type: acp.FulfillmentDigital, DigitalDelivery: &acp.DigitalDelivery{AccessURL: "https://shop.example.com/d", LicenseKey: "k", ExpiresAt: noon}},
			{ID: "ful_3", Type: acp.FulfillmentLocalDelivery},
		},
		Adjustments: []acp.Adjustment{
			{ID: "adj_1", Type: "refund", OccurredAt: noon, Status: "completed", LineItems: []acp.FulfillmentLineItem{{ID: "li_1", Quantity: 1}},
				Amount: ptr(int64(100)), Currency: "usd", Description: "Broken", Reason: "damaged"},
			{ID: "adj_2", Type: "credit", OccurredAt: noon, Status: "completed", Amount: ptr(int64(50)), Currency: "usd"},
			{ID: "adj_3", Type: "refund", OccurredAt: noon, Status: "pending", Amount: ptr(int64(7)), Currency: "usd"},
		},
		Totals: []acp.Total{total(acp.TotalTotal, 2598), total(acp.TotalAmountRefunded, 100)},
	}
}
