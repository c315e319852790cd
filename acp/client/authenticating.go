package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// agentCallback is where a buyer's browser would go back to. A purchase that
// is played has no browser, so that nobody ever goes there.
const agentCallback = "https://agent.example/3ds"

// testBrowser is what the issuer is told of the browser that is not there.
var testBrowser = Browser{AcceptHeader: "text/html", IPAddress: "192.0.2.1", Language: "en-US", UserAgent: DefaultUserAgent,
	ColorDepth: 24, ScreenHeight: 900, ScreenWidth: 1440}

// canAuthenticate reports whether the purchase can have its card authenticated:
// with the card's number at hand, and a provider that may be asked.
func (p *purchase) canAuthenticate() bool {
	return !p.OnPage && p.Token.IsZero() && p.PayWith == "" && p.PSPURL != "" && p.c.dialect.authenticates
}

// authenticate has the buyer authenticated at the provider, as the session
// asks: the browser's fingerprint, the issuer's answer, and the challenge where
// there is one.
func (p *purchase) authenticate(ctx context.Context, s *Step) error {
	h, err := p.handler()
	if err != nil {
		return err
	}
	r := AuthenticationRequest{Card: p.card(), MerchantID: cmp.Or(p.MerchantID, h.MerchantID), Amount: p.session.Total, Currency: p.session.Currency,
		SessionID: p.session.ID, Metadata: p.session.Authentication, NotifyURL: cmp.Or(p.NotifyURL, agentCallback), Browser: testBrowser}
	var a *Authentication
	call := func(do func(key CallOption) (*Authentication, error)) error {
		return p.repeat(ctx, s, func(key CallOption) error {
			got, err := do(key)
			if err == nil {
				a, s.HTTPStatus = got, got.HTTPStatus
			}
			return err
		})
	}
	err = call(func(key CallOption) (*Authentication, error) {
		return p.c.CreateAuthentication(ctx, p.PSPURL, p.PSPKey, r, key)
	})
	if notFound(err) {
		p.authentication = &acp.AuthenticationResult{Outcome: acp.OutcomeNotSupported}
		s.Detail = "the provider does not authenticate; reporting " + p.authentication.Outcome
		return nil
	}
	if err != nil {
		return err
	}
	way := "no fingerprint"
	if a.Status != "not_supported" {
		completion := "U"
		if f := a.Fingerprint; f != nil {
			way, completion = "fingerprint", p.fingerprint(ctx, f)
		}
		if err := call(func(key CallOption) (*Authentication, error) {
			return p.c.Authenticate(ctx, p.PSPURL, p.PSPKey, a.ID, completion, key)
		}); err != nil {
			return err
		}
		if q := a.Challenge; q != nil {
			way += ", challenge"
			if err := p.challenge(ctx, *q); err != nil {
				return err
			}
		}
		if err := p.awaitAuthentication(ctx, s, &a); err != nil {
			return err
		}
	}
	p.authentication = a.Report()
	s.Detail = fmt.Sprintf("%s after %s; reporting %s", a.Status, way, p.authentication.Outcome)
	return nil
}

// awaitAuthentication reads the authentication until the buyer has answered,
// SettleWait at most.
func (p *purchase) awaitAuthentication(ctx context.Context, s *Step, a **Authentication) error {
	deadline := p.now().Add(p.SettleWait)
	for {
		err := p.repeat(ctx, s, func(CallOption) error {
			got, err := p.c.GetAuthentication(ctx, p.PSPURL, p.PSPKey, (*a).ID)
			if err == nil {
				*a, s.HTTPStatus = got, got.HTTPStatus
			}
			return err
		})
		if err != nil || (*a).Status != "action_required" || !p.now().Before(deadline) {
			return err
		}
		if err := p.Wait(ctx, pollInterval); err != nil {
			return err
		}
	}
}

// fingerprint opens the issuer's hidden frame as the buyer's browser does, and
// says whether that worked.
func (p *purchase) fingerprint(ctx context.Context, f *FingerprintAction) string {
	data, err := json.Marshal(map[string]string{"threeDSServerTransID": f.ServerTransID, "threeDSMethodNotificationURL": agentCallback + "/method"})
	if err == nil {
		err = p.c.browse(ctx, f.URL, url.Values{"threeDSMethodData": {base64.RawURLEncoding.EncodeToString(data)}})
	}
	if err != nil {
		return "N" // the issuer decides without it
	}
	return "Y"
}

// challenge has the buyer asked. Without anybody to answer it is abandoned.
func (p *purchase) challenge(ctx context.Context, q ChallengeAction) error {
	if p.Answer == nil {
		p.SettleWait = time.Nanosecond // nobody will
		return nil
	}
	return p.Answer(ctx, p.c, q)
}

// AnswerChallenge is a buyer who answers the question of a test card's issuer
// at once: action is approve, refuse or cancel.
func AnswerChallenge(action string) func(context.Context, *Client, ChallengeAction) error {
	return func(ctx context.Context, c *Client, q ChallengeAction) error {
		if err := c.browse(ctx, q.URL, url.Values{"creq": {q.Request()}}); err != nil {
			return fmt.Errorf("the bank's question: %w", err)
		}
		if err := c.browse(ctx, q.URL, url.Values{"creq": {q.Request()}, "action": {action}}); err != nil {
			return fmt.Errorf("the answer to the bank: %w", err)
		}
		return nil
	}
}

// browse posts a form as a browser does, without any key.
func (c *Client) browse(ctx context.Context, address string, form url.Values) error {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "https" && !(at.Scheme == "http" && loopback(at)) {
		return errors.New("not an https address")
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, MaxResponse)); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered with %s", strings.ToLower(resp.Status))
	}
	return nil
}

// prove completes the session with what came of the authentication.
func (p *purchase) prove(ctx context.Context, s *Step) error { return p.pay(ctx, s, p.authentication) }

// readAuthentication reads authentication_metadata.
func readAuthentication(n node) *acp.AuthenticationMetadata {
	if n.get("directory_server").text() == "" {
		return nil
	}
	d := n.get("acquirer_details")
	m := &acp.AuthenticationMetadata{DirectoryServer: n.get("directory_server").line(), AcquirerDetails: acp.AcquirerDetails{
		AcquirerBIN: d.get("acquirer_bin").line(), AcquirerCountry: d.get("acquirer_country").line(), AcquirerMerchantID: d.get("acquirer_merchant_id").line(),
		MerchantName: d.get("merchant_name").line(), RequestorID: d.get("requestor_id").line()}}
	if kind := n.get("flow_preference").get("type").line(); kind != "" {
		m.FlowPreference = &acp.FlowPreference{Type: kind}
		if c := n.get("flow_preference").get("challenge").get("type").line(); c != "" {
			m.FlowPreference.Challenge = &acp.FlowKind{Type: c}
		}
	}
	return m
}
