package wire

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
)

// v20260417 speaks 2026-04-17, the newest released version, whose shapes are
// those of the model.
var v20260417 Codec = codec20260417{
	rules:      rules20260417,
	version:    acp.V20260417,
	labelled:   true,
	company:    true,
	display:    true,
	resolution: true,
	consents:   true,
	refunded:   true,
	richOrder:  true,
}

// codec20260417 is the codec of 2026-01-30 and later: each line with a list of
// totals, capabilities, payment handlers. Its fields are what tells those
// versions apart.
type codec20260417 struct {
	rules
	version    acp.Version
	labelled   bool // protocol.version is shown
	company    bool // an address has a company
	display    bool // a payment handler has a name and an order for display
	resolution bool // a message says who can cure it
	consents   bool // marketing_consent_options
	refunded   bool // totals have amount_refunded
	richOrder  bool // an order has any status, and its confirmation the notes
	channel    bool // authentication_metadata has the channel
}

func (c codec20260417) Version() acp.Version       { return c.version }
func (codec20260417) MismatchStatus() int          { return http.StatusUnprocessableEntity }
func (codec20260417) RequiresIdempotencyKey() bool { return true }

// Completable asks for nothing: a completed session needs no more than any.
func (codec20260417) Completable(*acp.Session) *acp.Error { return nil }

func (codec20260417) WebhookSignature() sign.WebhookScheme {
	return sign.WebhookScheme{Timestamped: true}
}

// AppendError writes a type that is not of this version, such as
// rate_limit_exceeded, as invalid_request.
func (codec20260417) AppendError(dst []byte, e *acp.Error) []byte {
	switch e.Type {
	case acp.InvalidRequest, acp.ProcessingError, acp.ServiceUnavailable:
		return appendError(dst, e)
	}
	narrowed := *e
	narrowed.Type = acp.InvalidRequest
	return appendError(dst, &narrowed)
}

// Closed lists of the 2026-04-17 schema.
var (
	statuses20260417 = []acp.Status{
		acp.Incomplete, acp.NotReadyForPayment, acp.RequiresEscalation, acp.AuthenticationRequired,
		acp.ReadyForPayment, acp.PendingApproval, acp.CompleteInProgress, acp.Completed,
		acp.Canceled, acp.InProgress, acp.Expired,
	}
	totals20260417 = []acp.TotalType{
		acp.TotalItemsBaseAmount, acp.TotalItemsDiscount, acp.TotalSubtotal, acp.TotalDiscount,
		acp.TotalFulfillment, acp.TotalTax, acp.TotalFee, acp.TotalGiftWrap, acp.TotalTip,
		acp.TotalStoreCredit, acp.TotalTotal, acp.TotalAmountRefunded,
	}
	errorCodes20260417 = []string{
		acp.CodeMissing, acp.CodeInvalid, acp.CodeOutOfStock, acp.CodePaymentDeclined,
		acp.CodeRequiresSignIn, acp.CodeRequires3DS, acp.CodeLowStock, acp.CodeQuantityExceeded,
		acp.CodeCouponInvalid, acp.CodeCouponExpired, acp.CodeMinimumNotMet, acp.CodeMaximumExceeded,
		acp.CodeRegionRestricted, acp.CodeAgeVerificationRequired, acp.CodeApprovalRequired,
		acp.CodeUnsupported, acp.CodeNotFound, acp.CodeConflict, acp.CodeRateLimited, acp.CodeExpired,
		acp.CodeInterventionRequired,
	}
	discountReasons20260417 = []string{
		acp.DiscountExpired, acp.DiscountInvalid, acp.DiscountAlreadyApplied, acp.DiscountCombination,
		acp.DiscountMinimumNotMet, acp.DiscountUserNotLoggedIn, acp.DiscountUserIneligible,
		acp.DiscountUsageLimitReached,
	}
	warningCodes20260417 = append([]string{
		acp.CodeLowStock, acp.CodeHighDemand, acp.CodeShippingDelay, acp.CodePriceChange,
		acp.CodeExpiringPromotion, acp.CodeLimitedAvailability,
	}, discountReasons20260417...)
	severities20260417   = []string{"info", "low", "medium", "high", "critical"}
	resolutions20260417  = []string{acp.Recoverable, acp.RequiresBuyerInput, acp.RequiresBuyerReview}
	links20260417        = []string{"terms_of_use", "privacy_policy", "return_policy", "shipping_policy", "contact_us", "about_us", "faq", "support"}
	availability20260417 = []string{"in_stock", "low_stock", "out_of_stock", "backorder", "pre_order"}
	supported20260417    = []string{"3ds", "biometric", "address_verification"}
	required20260417     = []string{"3ds", "biometric"}

	weightUnits20260417      = []string{"g", "kg", "oz", "lb"}
	lengthUnits20260417      = []string{"cm", "in"}
	discountKinds20260417    = []string{"percentage", "fixed", "bogo", "volume"}
	certificates20260417     = []string{"resale", "exempt_organization", "government"}
	directoryServers20260417 = []string{"american_express", "mastercard", "visa"}
)

// rules20260130 are the rules of requests from 2026-01-30 on.
var rules20260130 = rules{
	items:        "line_items",
	currency:     true,
	capabilities: true,
	addressLine:  acp.MaxAddressLine,
}

// rules20260417 are those from 2026-04-17 on.
var rules20260417 = func() rules {
	r := rules20260130
	r.carts = true
	return r
}()

func (c codec20260417) AppendSession(dst []byte, s *acp.Session, _ SessionView) ([]byte, error) {
	w := writer{b: dst}
	if !slices.Contains(statuses20260417, s.Status) {
		w.fail(fmt.Errorf("session %s: status %q is not of %s", s.ID, s.Status, c.version))
	}
	w.b = append(w.b, '{')
	w.text("id", s.ID)
	if c.labelled {
		w.open("protocol", '{')
		w.text("version", string(c.version))
		w.close('}')
	}
	c.capabilities(&w, &s.Capabilities)
	if s.Buyer != nil {
		c.buyer(&w, s.Buyer)
	}
	w.text("status", string(s.Status))
	w.text("currency", s.Currency)
	w.open("line_items", '[')
	for i := range s.LineItems {
		c.lineItem(&w, &s.LineItems[i])
	}
	w.close(']')
	if s.FulfillmentDetails != nil {
		c.fulfillmentDetails(&w, s.FulfillmentDetails)
	}
	w.open("fulfillment_options", '[')
	for i := range s.FulfillmentOptions {
		c.fulfillmentOption(&w, &s.FulfillmentOptions[i])
	}
	w.close(']')
	c.selected(&w, s.SelectedFulfillmentOptions)
	c.fulfillmentGroups(&w, s.FulfillmentGroups)
	c.totals(&w, s.Totals)
	c.messages(&w, s.Messages)
	c.links(&w, s.Links)
	if s.AuthenticationMetadata != nil {
		var via *channel
		if c.channel {
			via = channelOf(s)
		}
		authenticationMetadata(&w, s.AuthenticationMetadata, via)
	}
	if s.Discounts != nil {
		c.discounts(&w, s.Discounts)
	}
	if c.consents {
		c.consentOptions(&w, s.MarketingConsentOptions)
	}
	w.optText("locale", s.Locale)
	w.optText("timezone", s.Timezone)
	w.optText("quote_id", s.QuoteID)
	w.optTime("quote_expires_at", s.QuoteExpiresAt)
	w.optTime("created_at", s.CreatedAt)
	w.optTime("updated_at", s.UpdatedAt)
	w.optTime("expires_at", s.ExpiresAt)
	w.optText("continue_url", s.ContinueURL)
	w.optAny("metadata", s.Metadata)
	if s.Order != nil {
		w.open("order", '{')
		w.text("id", s.Order.ID)
		w.text("checkout_session_id", s.Order.CheckoutSessionID)
		w.text("permalink_url", s.Order.PermalinkURL)
		w.optText("order_number", s.Order.OrderNumber)
		w.optText("status", c.orderStatus(s.Order.Status))
		c.confirmation(&w, s.Order.Confirmation)
		w.close('}')
	}
	w.close('}')
	return w.result(dst)
}

func (c codec20260417) selected(w *writer, options []acp.SelectedFulfillmentOption) {
	if options == nil {
		return
	}
	w.open("selected_fulfillment_options", '[')
	for _, o := range options {
		c.fulfillmentType(w, o.Type)
		w.open("", '{')
		w.text("type", string(o.Type))
		w.text("option_id", o.OptionID)
		w.texts("item_ids", o.ItemIDs)
		w.close('}')
	}
	w.close(']')
}

// links leaves out what has a type that the version does not know.
func (codec20260417) links(w *writer, links []acp.Link) {
	w.open("links", '[')
	for _, l := range links {
		if slices.Contains(links20260417, l.Type) {
			w.open("", '{')
			w.text("type", l.Type)
			w.optText("title", l.Title)
			w.text("url", l.URL)
			w.close('}')
		}
	}
	w.close(']')
}

func (codec20260417) consentOptions(w *writer, options []acp.MarketingConsentOption) {
	if options == nil {
		return
	}
	w.open("marketing_consent_options", '[')
	for _, o := range options {
		w.open("", '{')
		w.text("channel", o.Channel)
		w.text("display_text", o.DisplayText)
		w.text("privacy_policy_url", o.PrivacyPolicyURL)
		w.boolean("is_subscribed", o.IsSubscribed)
		w.close('}')
	}
	w.close(']')
}
