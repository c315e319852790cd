package sandbox

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// authenticationRequest is the body of POST /delegate_authentication.
type authenticationRequest struct {
	MerchantID *string         `json:"merchant_id"`
	Acquirer   *acquirerFields `json:"acquirer_details"`
	Card       *struct {
		Type     *string `json:"type"`
		Number   *string `json:"number"`
		ExpMonth *string `json:"exp_month"`
		ExpYear  *string `json:"exp_year"`
		Name     *string `json:"name"`
	} `json:"payment_method"`
	Amount *struct {
		Value    *int64  `json:"value"`
		Currency *string `json:"currency"`
	} `json:"amount"`
	Channel   *channelFields `json:"channel"`
	SessionID *string        `json:"checkout_session_id"`
	Flow      *struct {
		Type      *string `json:"type"`
		Challenge *struct {
			Type *string `json:"type"`
		} `json:"challenge"`
	} `json:"flow_preference"`
	NotifyURL *string        `json:"challenge_notification_url"`
	Shopper   *shopperFields `json:"shopper_details"`
}

type acquirerFields struct {
	BIN          *string `json:"acquirer_bin"`
	Country      *string `json:"acquirer_country"`
	MerchantID   *string `json:"acquirer_merchant_id"`
	MerchantName *string `json:"merchant_name"`
	RequestorID  *string `json:"requestor_id"`
}

type channelFields struct {
	Type    *string `json:"type"`
	Browser *struct {
		Accept     *string `json:"accept_header"`
		IP         *string `json:"ip_address"`
		JavaScript *bool   `json:"javascript_enabled"`
		Language   *string `json:"language"`
		UserAgent  *string `json:"user_agent"`
		ColorDepth *int64  `json:"color_depth"`
		Java       *bool   `json:"java_enabled"`
		Height     *int64  `json:"screen_height"`
		Width      *int64  `json:"screen_width"`
		TimeZone   *int64  `json:"timezone_offset"`
	} `json:"browser"`
}

type shopperFields struct {
	Address *addressFields `json:"address"`
}

// authenticationCall is the body of POST …/authenticate.
type authenticationCall struct {
	Fingerprint *string        `json:"fingerprint_completion"`
	Channel     *channelFields `json:"channel"`
	SessionID   *string        `json:"checkout_session_id"`
	NotifyURL   *string        `json:"challenge_notification_url"`
	Shopper     *shopperFields `json:"shopper_details"`
}

// parseAuthentication reads and checks what an agent asks for: first the
// shape (400), then whether the card can be asked about (422). The card number
// leaves it as a digest.
func (p *PSP) parseAuthentication(body jsontext.Value, idemKey string, now time.Time) (authentication, *acp.Error) {
	var r authenticationRequest
	if err := decode(body, &r, malformed); err != nil {
		return authentication{}, err
	}
	a := authentication{status: pendingFirstCall, serverID: uuid(), acsID: uuid(), directory: uuid(), createdAt: now, expiresAt: now.Add(authenticationLifetime)}
	ch := &checks{complain: malformed}
	a.merchant = ch.short(r.MerchantID, MaxIdentifier, "$.merchant_id")
	ch.that(r.Card != nil, "$.payment_method", "This field is required.")
	ch.that(r.Amount != nil, "$.amount", "This field is required.")
	if ch.err != nil {
		return authentication{}, ch.err
	}
	ch.oneOf(r.Card.Type, "$.payment_method.type", "card")
	number := ch.required(r.Card.Number, "$.payment_method.number")
	month := ch.short(r.Card.ExpMonth, 2, "$.payment_method.exp_month")
	year := ch.short(r.Card.ExpYear, 4, "$.payment_method.exp_year")
	ch.short(r.Card.Name, MaxIdentifier, "$.payment_method.name")
	ch.that(r.Amount.Value != nil && validAmount(*r.Amount.Value), "$.amount.value", "This field is required: a positive amount in minor units.")
	currency := ch.required(r.Amount.Currency, "$.amount.currency")
	ch.that(currency == strings.ToUpper(currency) && money.Valid(strings.ToLower(currency)), "$.amount.currency", "This field is an ISO 4217 code in upper case, such as USD.")
	a.currency = strings.ToLower(currency)
	r.Acquirer.shape(ch, &a)
	r.Channel.shape(ch)
	r.Shopper.shape(ch)
	if r.SessionID != nil {
		a.session = ch.short(r.SessionID, MaxIdentifier, "$.checkout_session_id")
	}
	if r.Flow != nil {
		kind := ch.oneOf(r.Flow.Type, "$.flow_preference.type", "challenge", "frictionless")
		if c := r.Flow.Challenge; c != nil && c.Type != nil {
			a.challenge = ch.oneOf(c.Type, "$.flow_preference.challenge.type", "mandated", "preferred") == "mandated" && kind == "challenge"
		}
	}
	a.notifyURL = notification(ch, r.NotifyURL)
	if ch.err != nil {
		return authentication{}, ch.err
	}
	a.amount, a.channel = *r.Amount.Value, r.Channel != nil

	meaning := &checks{complain: unacceptable}
	card := meaning.testCard(number, month, year, now)
	const says = "This holds the card number, which belongs in payment_method.number alone."
	for _, f := range []struct{ param, text string }{{"$.merchant_id", a.merchant}, {"$.acquirer_details.merchant_name", a.shopName},
		{"$.checkout_session_id", a.session}, {"$.challenge_notification_url", a.notifyURL}} {
		meaning.that(!hasDigits(f.text, number), f.param, says)
	}
	meaning.that(!hasDigits(idemKey, number), "", "The Idempotency-Key holds the card number. Send a random key.")
	if meaning.err != nil {
		return authentication{}, meaning.err
	}
	a.card, a.cardDigest, a.issuer = Card{Brand: card.Brand, Last4: card.Last4()}, p.digest.sum("card", []byte(number)), issuerOf(card)
	switch {
	case a.issuer == notEnrolled:
		a.status = notSupported
	case a.channel && *r.Channel.Browser.JavaScript:
		a.status = fingerprinting
	}
	return a, nil
}

// testCard checks a card number and its expiry date.
func (c *checks) testCard(number, month, year string, now time.Time) TestCard {
	const at = "$.payment_method."
	c.that(validPAN(number), at+"number", "This is not a card number: 12 to 19 digits with a correct check digit.")
	card, known := testCard(number)
	c.that(known, at+"number", "This PSP is a sandbox and takes its test cards only. Never send a real card here.")
	c.that(monthPattern.MatchString(month), at+"exp_month", "The month is 01 to 12, in two digits.")
	c.that(yearPattern.MatchString(year), at+"exp_year", "The year has four digits.")
	if c.err == nil {
		c.that(!cardExpired(year, month, now), at+"exp_year", "The card is past its expiry date.")
	}
	return card
}

func (f *acquirerFields) shape(c *checks, a *authentication) {
	if f == nil {
		return
	}
	const at = "$.acquirer_details."
	c.short(f.BIN, 11, at+"acquirer_bin")
	country := c.required(f.Country, at+"acquirer_country")
	c.that(len(country) == 2, at+"acquirer_country", "This field is an ISO 3166-1 code of two letters.")
	c.short(f.MerchantID, 35, at+"acquirer_merchant_id")
	a.shopName = c.short(f.MerchantName, 40, at+"merchant_name")
	c.atMost(f.RequestorID, 35, at+"requestor_id")
}

func (f *channelFields) shape(c *checks) {
	if f == nil {
		return
	}
	c.oneOf(f.Type, "$.channel.type", "browser")
	c.that(f.Browser != nil, "$.channel.browser", "This field is required.")
	if c.err != nil {
		return
	}
	const at, needed = "$.channel.browser.", "This field is required."
	b := f.Browser
	c.short(b.Accept, MaxValue, at+"accept_header")
	c.short(b.IP, 45, at+"ip_address")
	c.that(b.JavaScript != nil, at+"javascript_enabled", needed)
	c.short(b.Language, 35, at+"language")
	c.short(b.UserAgent, MaxPageURL, at+"user_agent")
	if b.JavaScript == nil || !*b.JavaScript {
		return
	}
	const scripted = "This field is required where javascript_enabled is true."
	c.that(b.ColorDepth != nil, at+"color_depth", scripted)
	c.that(b.Java != nil, at+"java_enabled", scripted)
	c.that(b.Height != nil, at+"screen_height", scripted)
	c.that(b.Width != nil, at+"screen_width", scripted)
	c.that(b.TimeZone != nil, at+"timezone_offset", scripted)
}

func (f *shopperFields) shape(c *checks) {
	if f == nil || f.Address == nil {
		return
	}
	inner := &checks{complain: func(param, message string) *acp.Error {
		return c.complain(strings.Replace(param, "$.billing_address", "$.shopper_details.address", 1), message)
	}}
	f.Address.shape(inner)
	if c.err == nil {
		c.err = inner.err
	}
}

// notification is where the end of a challenge is told; "" when there is none.
func notification(c *checks, url *string) string {
	if url == nil {
		return ""
	}
	c.that(len(*url) <= MaxPageURL && wayBack(*url), "$.challenge_notification_url",
		"This field is an absolute https address without user or fragment; http is for loopback hosts.")
	return *url
}
