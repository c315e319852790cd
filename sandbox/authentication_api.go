package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// authenticationView is an authentication as its API shows it.
type authenticationView struct {
	ID     string                `json:"authentication_session_id"`
	Status string                `json:"status"`
	Action *action               `json:"action,omitzero"`
	Result *authenticationResult `json:"authentication_result,omitzero"`
}

// action is what the agent has the buyer's browser do.
type action struct {
	Type        string       `json:"type"` // fingerprint, challenge
	Fingerprint *fingerprint `json:"fingerprint,omitzero"`
	Challenge   *acsQuestion `json:"challenge,omitzero"`
}

type fingerprint struct {
	URL      string `json:"three_ds_method_url"`
	ServerID string `json:"three_ds_server_trans_id"`
}

type acsQuestion struct {
	URL      string `json:"acs_url"`
	ACSID    string `json:"acs_trans_id"`
	ServerID string `json:"three_ds_server_trans_id"`
	Version  string `json:"message_version"`
}

// authenticationResult is the proof, or the reason why there is none.
type authenticationResult struct {
	TransStatus string `json:"trans_status"`
	Indicator   string `json:"electronic_commerce_indicator,omitzero"`
	Cryptogram  string `json:"three_ds_cryptogram,omitzero"`
	Directory   string `json:"transaction_id"`
	ServerID    string `json:"three_ds_server_trans_id"`
	Version     string `json:"version"`
	Value       string `json:"authentication_value,omitzero"`
	Reason      string `json:"trans_status_reason,omitzero"`
	Info        string `json:"cardholder_info,omitzero"`
}

// createAuthentication begins an authentication (201): action_required when the
// issuer looks at the browser first, pending when the agent goes on at once,
// not_supported for a card that takes no part.
func (p *PSP) createAuthentication(ctx context.Context, c *call) (answer, error) {
	if p.publicURL == "" && !hostForm.MatchString(c.r.Host) {
		return answer{}, malformed("", "The Host header is no host that a page could have.")
	}
	return p.once(ctx, c, func(tx *sql.Tx) (answer, error) {
		a, refusal := p.parseAuthentication(c.body, c.key, p.now().UTC())
		if refusal != nil {
			return answer{}, refusal
		}
		if !p.merchants[a.merchant] {
			return answer{}, unacceptable("$.merchant_id", "This PSP has no account with that id. Use the merchant_id of the checkout session's payment handler.")
		}
		a.id = id.New("auth", a.createdAt)
		if err := insertAuthentication(ctx, tx, a); err != nil {
			return answer{}, err
		}
		return reply(http.StatusCreated, p.view(c.r, a, false))
	})
}

// authenticate asks the issuer. An authentication that has an answer, or waits
// for the buyer's, gives it again.
func (p *PSP) authenticate(ctx context.Context, c *call) (answer, error) {
	return p.once(ctx, c, func(tx *sql.Tx) (answer, error) {
		a, err := p.ownAuthentication(findAuthentication(ctx, tx, `id = ?`, c.r.PathValue("id")))
		if err != nil {
			return answer{}, err
		}
		changed, refusal := a.call(c)
		if refusal != nil {
			return answer{}, refusal
		}
		open := a.status == fingerprinting || a.status == pendingFirstCall
		switch {
		case a.status == notSupported:
			return answer{}, acp.Refused(http.StatusConflict, codeDuplicate, "", "This card takes no part in 3-D Secure; there is nobody to ask.")
		case open && p.now().Before(a.expiresAt):
			changed.status = a.ask()
			if err := moveAuthentication(ctx, tx, a, changed); err != nil {
				return answer{}, err
			}
			a = changed
		}
		return reply(http.StatusOK, p.view(c.r, a, false))
	})
}

// call reads what comes with the question to the issuer. The browser and the
// address for the end of a challenge have to be known by now.
func (a authentication) call(c *call) (authentication, *acp.Error) {
	var r authenticationCall
	if err := decode(c.body, &r, malformed); err != nil {
		return a, err
	}
	ch := &checks{complain: malformed}
	ch.oneOf(r.Fingerprint, "$.fingerprint_completion", "Y", "N", "U")
	ch.that(r.Channel != nil || a.channel, "$.channel", "This field is required, here or when the authentication is created.")
	ch.that(r.NotifyURL != nil || a.notifyURL != "", "$.challenge_notification_url", "This field is required, here or when the authentication is created.")
	r.Channel.shape(ch)
	r.Shopper.shape(ch)
	if r.SessionID != nil {
		ch.that(a.session == "" || *r.SessionID == a.session, "$.checkout_session_id", "The authentication was created for another checkout session.")
	}
	if url := notification(ch, r.NotifyURL); url != "" {
		a.notifyURL = url
	}
	a.channel = true
	return a, ch.err
}

// ask is what the issuer answers. Mandated challenges are its to grant, and it
// grants them where it would have said yes.
func (a authentication) ask() authenticationStatus {
	switch {
	case a.issuer == answersChallenge, a.issuer == answersYes && a.challenge:
		return challenged
	case a.issuer == answersYes:
		return authenticatedOK
	case a.issuer == answersAttempted:
		return attempted
	case a.issuer == answersNo:
		return notAuthenticated
	case a.issuer == answersRejected:
		return rejectedByIssuer
	}
	return issuerUnavailable
}

func (p *PSP) getAuthentication(ctx context.Context, c *call) (answer, error) {
	a, err := p.ownAuthentication(findAuthentication(ctx, p.read, `id = ?`, c.r.PathValue("id")))
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, p.view(c.r, a, true))
}

func (p *PSP) ownAuthentication(a authentication, err error) (authentication, error) {
	if errors.Is(err, errNoRow) || (err == nil && !p.merchants[a.merchant]) {
		return authentication{}, acp.Refused(http.StatusNotFound, codeNotFound, "", "There is no such authentication session.")
	}
	return a, err
}

// view shows an authentication; the proof to whoever retrieves it alone.
func (p *PSP) view(r *http.Request, a authentication, whole bool) authenticationView {
	v := authenticationView{ID: a.id, Status: a.shown(p.now())}
	if v.Status == "action_required" {
		if a.status == fingerprinting {
			v.Action = &action{Type: "fingerprint", Fingerprint: &fingerprint{URL: p.addressOf(r) + methodPath, ServerID: a.serverID}}
		} else {
			v.Action = &action{Type: "challenge", Challenge: &acsQuestion{URL: p.addressOf(r) + challengePath, ACSID: a.acsID, ServerID: a.serverID, Version: messageVersion}}
		}
	}
	if status := a.transStatus(p.now()); whole && status != "" {
		v.Result = &authenticationResult{TransStatus: status, Indicator: a.indicator(), Directory: a.directory, ServerID: a.serverID, Version: messageVersion}
		switch status {
		case "Y", "A":
			v.Result.Cryptogram = p.cryptogram(a)
			v.Result.Value = v.Result.Cryptogram
		case "N":
			v.Result.Reason, v.Result.Info = "01", "Your bank did not confirm the payment. It can tell you why."
		case "R":
			v.Result.Reason, v.Result.Info = "11", "Your bank has refused the payment."
		}
	}
	return v
}
