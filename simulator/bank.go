package simulator

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
)

// backPath is where the bank's page takes the buyer's browser after a question.
const backPath = "/bank"

// backPage says so. What the browser brings proves nothing; the provider is
// asked.
const backPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Back to the payment</title>
<main><h1>Back to the payment</h1><p>Your bank has your answer. The payment goes on where you began it; this tab can be closed.</p></main></html>
`

func back(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	_, _ = w.Write([]byte(backPage))
}

// asked is an authentication as the page is told of it.
type asked struct {
	ID   string `json:"id"`
	Link string `json:"link,omitempty"` // of the bank's question, while it is open
	// Result is what complete_checkout is told once it is settled.
	Result map[string]any `json:"authentication_result,omitempty"`
}

// askBank has the issuer of a test card authenticate the buyer of a session, as
// the session's authentication_metadata wants it.
func (s *Simulator) askBank(origin string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var wish struct {
			due
			Metadata *acp.AuthenticationMetadata `json:"metadata"`
		}
		if !take(w, r, &wish) {
			return
		}
		c, ok := findCard(wish.Card)
		if !ok || s.agent == nil {
			refuse(w, http.StatusBadRequest, "Only the test cards of a sandbox payment provider have a bank to ask.")
			return
		}
		a, err := s.agent.CreateAuthentication(r.Context(), s.PSP.URL, s.PSP.Key, client.AuthenticationRequest{
			Card:       c.of(wish.Name, s.Now()),
			MerchantID: wish.MerchantID, Amount: wish.Amount, Currency: wish.Currency, SessionID: wish.SessionID, Metadata: wish.Metadata,
			NotifyURL: origin + backPath,
			Browser: client.Browser{AcceptHeader: "text/html", IPAddress: "127.0.0.1", Language: "en-US", UserAgent: cmp.Or(r.UserAgent(), client.DefaultUserAgent),
				ColorDepth: 24, ScreenHeight: 900, ScreenWidth: 1440}})
		if err == nil && a.Status != "not_supported" {
			// The bank's hidden frame is left out, which a host may do.
			a, err = s.agent.Authenticate(r.Context(), s.PSP.URL, s.PSP.Key, a.ID, "U")
		}
		s.tellBank(w, a, err)
	}
}

// bankResult tells how an authentication stands.
func (s *Simulator) bankResult(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		ID string `json:"id"`
	}
	if !take(w, r, &wish) {
		return
	}
	if s.agent == nil || wish.ID == "" {
		refuse(w, http.StatusBadRequest, "There is no such authentication.")
		return
	}
	a, err := s.agent.GetAuthentication(r.Context(), s.PSP.URL, s.PSP.Key, wish.ID)
	s.tellBank(w, a, err)
}

func (s *Simulator) tellBank(w http.ResponseWriter, a *client.Authentication, err error) {
	if err != nil {
		refuseFor(w, "could not have the buyer authenticated", err)
		return
	}
	told := asked{ID: a.ID}
	if a.Status != "action_required" {
		told.Result = reported(a.Report())
	} else if q := a.Challenge; q != nil {
		told.Link = q.URL + "?" + url.Values{"creq": {q.Request()}}.Encode()
	}
	answer(w, told)
}

// reported is a result as the protocol writes it.
func reported(r *acp.AuthenticationResult) map[string]any {
	out := map[string]any{"outcome": r.Outcome}
	if d := r.Details; d != nil {
		out["outcome_details"] = map[string]string{"three_ds_cryptogram": d.Cryptogram, "electronic_commerce_indicator": d.ECI,
			"transaction_id": d.TransactionID, "version": d.Version}
	}
	return out
}
