package adyentest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/money"
)

// paymentRequest holds the fields of PaymentRequest that the Fake knows; Adyen
// knows more.
type paymentRequest struct {
	MerchantAccount          string            `json:"merchantAccount"`
	Reference                string            `json:"reference"`
	Amount                   *amount           `json:"amount"`
	PaymentMethod            map[string]string `json:"paymentMethod"`
	ReturnURL                string            `json:"returnUrl"`
	Channel                  string            `json:"channel"`
	ShopperInteraction       string            `json:"shopperInteraction"`
	RecurringProcessingModel string            `json:"recurringProcessingModel"`
	ShopperReference         string            `json:"shopperReference"`
	ShopperEmail             string            `json:"shopperEmail"`
	ShopperStatement         string            `json:"shopperStatement"`
	CaptureDelayHours        *int              `json:"captureDelayHours"`
	AdditionalData           map[string]string `json:"additionalData"`
	AuthenticationData       *struct {
		AttemptAuthentication string `json:"attemptAuthentication"`
	} `json:"authenticationData"`
	MPIData *struct {
		CAVV                   string `json:"cavv"`
		ECI                    string `json:"eci"`
		DSTransID              string `json:"dsTransID"`
		DirectoryResponse      string `json:"directoryResponse"`
		AuthenticationResponse string `json:"authenticationResponse"`
		ThreeDSVersion         string `json:"threeDSVersion"`
	} `json:"mpiData"`
	BillingAddress *billingAddress   `json:"billingAddress"`
	Metadata       map[string]string `json:"metadata"`
}

type billingAddress struct {
	City              string `json:"city"`
	Country           string `json:"country"`
	HouseNumberOrName string `json:"houseNumberOrName"`
	PostalCode        string `json:"postalCode"`
	StateOrProvince   string `json:"stateOrProvince"`
	Street            string `json:"street"`
}

// paymentAnswer is PaymentResponse.
type paymentAnswer struct {
	PSPReference      string            `json:"pspReference,omitzero"`
	ResultCode        string            `json:"resultCode"`
	Amount            *amount           `json:"amount,omitzero"`
	MerchantReference string            `json:"merchantReference,omitzero"`
	RefusalReason     string            `json:"refusalReason,omitzero"`
	RefusalReasonCode string            `json:"refusalReasonCode,omitzero"`
	Action            map[string]string `json:"action,omitzero"`
	PaymentMethod     map[string]string `json:"paymentMethod,omitzero"`
}

// outcomes are the answers to payments that are not simply authorised.
var outcomes = map[Outcome]paymentAnswer{
	Refused:       {ResultCode: "Refused", RefusalReason: "Refused", RefusalReasonCode: "2"},
	NoBalance:     {ResultCode: "Refused", RefusalReason: "Not enough balance", RefusalReasonCode: "12"},
	ExpiredCard:   {ResultCode: "Refused", RefusalReason: "Expired Card", RefusalReasonCode: "6"},
	WrongCVC:      {ResultCode: "Refused", RefusalReason: "CVC Declined", RefusalReasonCode: "24"},
	Fraud:         {ResultCode: "Refused", RefusalReason: "FRAUD", RefusalReasonCode: "20"},
	NeedsSCA:      {ResultCode: "Refused", RefusalReason: "Authentication required", RefusalReasonCode: "38"},
	AcquirerError: {ResultCode: "Error", RefusalReason: "Acquirer Error", RefusalReasonCode: "4"},
	Pending:       {ResultCode: "Received"},
	Redirect: {ResultCode: "RedirectShopper", Action: map[string]string{
		"type": "redirect", "url": "https://checkout.example/threeDS", "method": "GET", "paymentMethodType": "scheme"}},
}

// pay is POST /payments.
func (f *Fake) pay(body []byte) answer {
	var r paymentRequest
	if a, ok := decode(body, &r); !ok {
		return a
	}
	if a, ok := checkMoney(r.MerchantAccount, r.Reference, r.Amount); !ok {
		return a
	}
	if a, ok := r.check(); !ok {
		return a
	}
	t, known := f.tokens[r.PaymentMethod["storedPaymentMethodId"]]
	if !known && r.ShopperReference != "" {
		return f.payStored(r)
	}
	switch {
	case !known || t.Account != r.MerchantAccount:
		return fail(http.StatusUnprocessableEntity, "803", "PaymentDetail not found")
	case !t.ExpiresAt.IsZero() && !f.now.Before(t.ExpiresAt):
		return fail(http.StatusUnprocessableEntity, tokenExpired, "the token has expired")
	case t.used:
		return fail(http.StatusUnprocessableEntity, tokenUsed, "the token was used")
	case t.Currency != r.Amount.Currency:
		return fail(http.StatusUnprocessableEntity, tokenCurrency, "the token is for another currency")
	case r.Amount.Value > t.MaxAmount:
		return fail(http.StatusUnprocessableEntity, tokenLimit, "the amount is above the token's limit")
	}
	return f.charge(r, t)
}

// charge makes the payment. Only one that holds or may hold money uses the
// token up; whether Adyen's do survive a refusal is not published.
func (f *Fake) charge(r paymentRequest, t *token) answer {
	c := &charge{psp: newReference(), reference: r.Reference, session: r.Metadata["acp_session_id"], amount: *r.Amount, state: refused,
		manual: r.AdditionalData["manualCapture"] == "true"}
	f.payments = append(f.payments, c)
	outcome := t.Outcome
	switch {
	case r.MPIData != nil && (outcome == NeedsSCA || outcome == Redirect):
		outcome = Authorised
	case r.MPIData == nil && outcome == Authorised && r.AuthenticationData != nil && r.AuthenticationData.AttemptAuthentication == "always":
		outcome = Redirect
	}
	a := outcomes[outcome]
	a.PSPReference, a.MerchantReference = c.psp, c.reference
	a.PaymentMethod = map[string]string{"type": "scheme", "brand": "visa"}
	after := Fault("")
	switch outcome {
	case Redirect:
		a.PSPReference = "" // comes with /payments/details
		return answer{status: http.StatusOK, body: a}
	case Pending:
		c.state, t.used = pending, true
		return answer{status: http.StatusOK, body: a}
	case Authorised, Partial, AuthorisedDrop, AuthorisedError:
		t.used = true
		a.ResultCode = "Authorised"
		if t.Outcome == Partial {
			a.ResultCode = "PartiallyAuthorised"
			c.amount.Value /= 2
		}
		if c.state = authorised; !c.manual && r.CaptureDelayHours != nil && *r.CaptureDelayHours == 0 {
			c.captured = c.amount.Value
		}
		if !t.failed {
			t.failed = true
			after = map[Outcome]Fault{AuthorisedDrop: DropAfter, AuthorisedError: ErrorAfter}[t.Outcome]
		}
	}
	held := c.amount
	a.Amount = &held
	f.notify(c, "AUTHORISATION", c.state == authorised, a.RefusalReason)
	return answer{status: http.StatusOK, body: a, after: after}
}

// authorise ends a pending payment or one on a page: it holds the money, and
// takes it unless it is to be captured later.
func (f *Fake) authorise(c *charge) {
	if c.state = authorised; !c.manual {
		c.captured = c.amount.Value
	}
}

func (r paymentRequest) check() (answer, bool) {
	refuse := func(code, message string) (answer, bool) {
		return fail(http.StatusUnprocessableEntity, code, message), false
	}
	oneOf := func(value string, allowed ...string) bool { return value == "" || slices.Contains(allowed, value) }
	for member := range r.PaymentMethod {
		if member != "type" && member != "storedPaymentMethodId" {
			return refuse("702", "the request contains unknown fields: "+member)
		}
	}
	switch {
	case r.ReturnURL == "" || len(r.ReturnURL) > 1024:
		return refuse("14_030", "Return URL is missing.")
	case !slices.Contains([]string{"scheme", "card"}, r.PaymentMethod["type"]):
		return refuse("14_004", "Missing payment method details")
	case len(r.Metadata) > 20:
		return refuse("177", "Metadata size exceeds limit")
	case !oneOf(r.Channel, "iOS", "Android", "Web"),
		!oneOf(r.ShopperInteraction, "Ecommerce", "ContAuth", "Moto", "POS"),
		!oneOf(r.RecurringProcessingModel, "CardOnFile", "Subscription", "UnscheduledCardOnFile"),
		r.AuthenticationData != nil && !oneOf(r.AuthenticationData.AttemptAuthentication, "always", "never"):
		return refuse("702", "a field has a value that is not allowed")
	case r.CaptureDelayHours != nil && (*r.CaptureDelayHours < 0 || *r.CaptureDelayHours > 672):
		return refuse("702", "captureDelayHours is out of range")
	case r.ShopperReference != "" && len(r.ShopperReference) < 3:
		return refuse("128", "shopperReference is too short")
	}
	for k, v := range r.Metadata {
		if len(k) > 20 || len(v) > 80 {
			return refuse("178", "Metadata key size exceeds limit")
		}
	}
	if b := r.BillingAddress; b != nil {
		if b.City == "" || len(b.Country) != 2 || b.HouseNumberOrName == "" || b.PostalCode == "" || len(b.PostalCode) > 10 || b.Street == "" || len(b.StateOrProvince) > 3 {
			return refuse("117", "Invalid billing address")
		}
	}
	return answer{}, true
}

// checkMoney checks what every request that names money needs.
func checkMoney(account, reference string, a *amount) (answer, bool) {
	switch {
	case account != MerchantAccount:
		return fail(http.StatusForbidden, "901", "Invalid Merchant Account"), false
	case reference == "" || len(reference) > 80:
		return fail(http.StatusUnprocessableEntity, "130", "Reference Missing"), false
	case a == nil:
		return fail(http.StatusUnprocessableEntity, "100", "Required object 'amount' is not provided."), false
	case a.Value <= 0:
		return fail(http.StatusUnprocessableEntity, "137", "Invalid amount specified"), false
	}
	if _, ok := money.Exponent(a.Currency); !ok || strings.ToUpper(a.Currency) != a.Currency {
		return fail(http.StatusUnprocessableEntity, "138", "Unsupported currency specified"), false
	}
	return answer{}, true
}

// misstate changes the amount of an answer.
func misstate(body any, fault Fault) any {
	a, ok := body.(paymentAnswer)
	if !ok || a.Amount == nil {
		return body
	}
	if fault == WithoutAmount {
		a.Amount = nil
		return a
	}
	less := *a.Amount
	less.Value--
	a.Amount = &less
	return a
}
