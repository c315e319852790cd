package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// AuthenticationVersion is the version of the delegate authentication API,
// which has dates of its own.
const AuthenticationVersion acp.Version = "2026-01-28"

// AuthenticationRequest asks a provider to have a card's issuer authenticate
// the buyer (3-D Secure).
type AuthenticationRequest struct {
	Card       Card
	MerchantID string
	Amount     int64 // minor units
	Currency   string
	SessionID  string // of the checkout
	Metadata   *acp.AuthenticationMetadata
	NotifyURL  string // where the buyer's browser goes after a challenge
	Browser    Browser
}

// Browser is what the issuer is told of the buyer's browser.
type Browser struct {
	AcceptHeader, IPAddress, Language, UserAgent string
	ColorDepth, ScreenHeight, ScreenWidth        int
	TimeZoneOffset                               int // minutes
}

// Authentication is an authentication as it stands.
type Authentication struct {
	ID          string
	Status      string // action_required, pending, not_supported, authenticated, …
	Fingerprint *FingerprintAction
	Challenge   *ChallengeAction
	Result      *acp.AuthenticationDetails // the proof; nil while there is none
	TransStatus string                     // Y, A, N, R, U, …

	HTTPStatus int
}

// FingerprintAction has the buyer's browser looked at, in a hidden frame.
type FingerprintAction struct{ URL, ServerTransID string }

// ChallengeAction has the buyer asked by the issuer.
type ChallengeAction struct{ URL, ACSTransID, ServerTransID, Version string }

// Request is the CReq that the buyer's browser posts as creq to URL.
func (a ChallengeAction) Request() string {
	plain, err := json.Marshal(map[string]string{"threeDSServerTransID": a.ServerTransID, "acsTransID": a.ACSTransID,
		"messageVersion": a.Version, "messageType": "CReq", "challengeWindowSize": "05"})
	if err != nil {
		panic(err) // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(plain)
}

// CreateAuthentication begins an authentication (POST /delegate_authentication)
// at the provider, with the agent's key there. Neither its errors nor its
// result show the card.
func (c *Client) CreateAuthentication(ctx context.Context, psp string, key secret.String, r AuthenticationRequest, opts ...CallOption) (*Authentication, error) {
	number := strings.NewReplacer(" ", "", "-", "").Replace(r.Card.Number.Reveal())
	b := r.Browser
	body := object{
		"merchant_id":    r.MerchantID,
		"payment_method": object{"type": "card", "number": number, "exp_month": fmt.Sprintf("%02d", r.Card.ExpMonth), "exp_year": fmt.Sprint(r.Card.ExpYear), "name": r.Card.Name},
		"amount":         object{"value": r.Amount, "currency": strings.ToUpper(r.Currency)},
		"channel": object{"type": "browser", "browser": object{"accept_header": b.AcceptHeader, "ip_address": b.IPAddress, "javascript_enabled": true, "language": b.Language,
			"user_agent": b.UserAgent, "color_depth": b.ColorDepth, "java_enabled": false, "screen_height": b.ScreenHeight, "screen_width": b.ScreenWidth, "timezone_offset": b.TimeZoneOffset}},
	}
	body.text("checkout_session_id", r.SessionID)
	body.text("challenge_notification_url", r.NotifyURL)
	if m := r.Metadata; m != nil {
		body["acquirer_details"] = m.AcquirerDetails
		if m.FlowPreference != nil {
			body["flow_preference"] = m.FlowPreference
		}
	}
	a, err := c.authentication(ctx, psp, key, http.MethodPost, "", body, opts)
	var refused *Error
	if errors.As(err, &refused) {
		refused.Message, refused.Param = withoutCard(refused.Message, number), withoutCard(refused.Param, number)
	}
	return a, err
}

// Authenticate has the issuer asked (POST …/authenticate). completion is Y, N
// or U: whether the browser's fingerprint was taken.
func (c *Client) Authenticate(ctx context.Context, psp string, key secret.String, id, completion string, opts ...CallOption) (*Authentication, error) {
	return c.authentication(ctx, psp, key, http.MethodPost, "/"+url.PathEscape(id)+"/authenticate", object{"fingerprint_completion": completion}, opts)
}

// GetAuthentication reads an authentication with its proof.
func (c *Client) GetAuthentication(ctx context.Context, psp string, key secret.String, id string) (*Authentication, error) {
	return c.authentication(ctx, psp, key, http.MethodGet, "/"+url.PathEscape(id), nil, nil)
}

func (c *Client) authentication(ctx context.Context, psp string, key secret.String, method, path string, body object, opts []CallOption) (*Authentication, error) {
	at, err := endpoint(psp)
	if err != nil {
		return nil, fmt.Errorf("PSP URL: %w", err)
	}
	r := request{method: method, url: at.String() + "/delegate_authentication" + path, bearer: key, versioned: true, version: AuthenticationVersion}
	if r.body, err = body.encode(); err != nil {
		return nil, err
	}
	for _, o := range opts {
		o(&r)
	}
	answer, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	root, err := parse(answer.body)
	if err != nil {
		return nil, fmt.Errorf("no authentication: %w", err)
	}
	a := &Authentication{ID: root.get("authentication_session_id").text(), Status: root.get("status").line(), HTTPStatus: answer.status}
	if a.ID == "" || a.Status == "" {
		return nil, errors.New("no authentication: the answer has no id or no status")
	}
	if f := root.get("action").get("fingerprint"); f.get("three_ds_method_url").text() != "" {
		a.Fingerprint = &FingerprintAction{URL: f.get("three_ds_method_url").text(), ServerTransID: f.get("three_ds_server_trans_id").text()}
	}
	if q := root.get("action").get("challenge"); q.get("acs_url").text() != "" {
		a.Challenge = &ChallengeAction{URL: q.get("acs_url").text(), ACSTransID: q.get("acs_trans_id").text(),
			ServerTransID: q.get("three_ds_server_trans_id").text(), Version: q.get("message_version").line()}
	}
	result := root.get("authentication_result")
	a.TransStatus = result.get("trans_status").line()
	if cryptogram := result.get("three_ds_cryptogram").text(); cryptogram != "" {
		a.Result = &acp.AuthenticationDetails{Cryptogram: cryptogram, ECI: result.get("electronic_commerce_indicator").line(),
			TransactionID: result.get("transaction_id").text(), Version: result.get("version").line()}
	}
	return a, nil
}

// Report is what complete is told of an authentication.
func (a *Authentication) Report() *acp.AuthenticationResult {
	proof := func(outcome string) *acp.AuthenticationResult {
		if a.Result == nil {
			return &acp.AuthenticationResult{Outcome: acp.OutcomeInternalError}
		}
		return &acp.AuthenticationResult{Outcome: outcome, Details: a.Result}
	}
	switch a.Status {
	case "challenge_abandoned", "expired", "action_required":
		return &acp.AuthenticationResult{Outcome: acp.OutcomeAbandoned}
	case "not_supported":
		return &acp.AuthenticationResult{Outcome: acp.OutcomeNotSupported}
	}
	switch a.TransStatus {
	case "Y":
		return proof(acp.OutcomeAuthenticated)
	case "A":
		return proof(acp.OutcomeAttemptAcknowledged)
	case "I":
		return proof(acp.OutcomeInformational)
	case "N":
		return &acp.AuthenticationResult{Outcome: acp.OutcomeDenied}
	case "R":
		return &acp.AuthenticationResult{Outcome: acp.OutcomeRejected}
	}
	return &acp.AuthenticationResult{Outcome: acp.OutcomeProcessingError}
}
