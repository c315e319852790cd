package sandbox

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/checkstand/checkstand/text"
)

// Where the issuers of the test cards are reached. Both are opened by the
// buyer's browser, mostly in a frame of the agent's page.
const (
	methodPath    = "/3ds/method"
	challengePath = "/3ds/challenge"
)

// maxIssuerForm bounds a form that is sent to an issuer, in bytes, and
// maxSessionData what the agent has it give back.
const (
	maxIssuerForm  = 16 << 10
	maxSessionData = 1024
)

var issuerTemplate = template.Must(template.ParseFS(payFiles, "templates/issuer.html", "templates/head.html"))

// submitScript is the one script of the issuer's pages: it sends the buyer back
// without a click. Where no script runs there is a button.
const submitScript = `document.getElementById("back").submit()`

var submitScriptHash = func() string {
	sum := sha256.Sum256([]byte(submitScript))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// issuerPage is what a test card's issuer shows.
type issuerPage struct {
	Shop        string
	Amount      text.Money
	Card        Card // set while the buyer is asked
	Self        string
	Request     string // the creq, as it came
	SessionData string
	Back        *wayOn
}

// wayOn is a form that takes the buyer back to the agent.
type wayOn struct {
	URL    string
	Fields []formField
}

type formField struct{ Name, Value string }

// challengeRequest is the CReq that the agent has the browser send.
type challengeRequest struct {
	ServerID string `json:"threeDSServerTransID"`
	ACSID    string `json:"acsTransID"`
	Version  string `json:"messageVersion"`
	Type     string `json:"messageType"`
}

// challengeResponse is the CRes that the browser takes back.
type challengeResponse struct {
	ServerID  string `json:"threeDSServerTransID"`
	ACSID     string `json:"acsTransID"`
	Version   string `json:"messageVersion"`
	Type      string `json:"messageType"`
	Status    string `json:"transStatus"`
	Completed string `json:"challengeCompletionInd"`
	Cancel    string `json:"challengeCancel,omitzero"`
}

// methodData is what the agent has the browser send to have its fingerprint
// taken.
type methodData struct {
	ServerID  string `json:"threeDSServerTransID"`
	NotifyURL string `json:"threeDSMethodNotificationURL,omitzero"`
}

// serveIssuer adds what the issuers show to the mux. The question may come from
// any site, as its frame is of the agent's; the answer only from the question.
func (p *PSP) serveIssuer(mux *http.ServeMux) {
	method, ask := route{path: methodPath}, route{path: challengePath}
	mux.HandleFunc("POST "+methodPath, p.person(method, p.takeFingerprint))
	mux.HandleFunc("POST "+challengePath, p.person(ask, p.challenge))
	mux.HandleFunc("GET "+challengePath, p.person(ask, p.challenge)) // a link, where no page sends the form
	for _, rt := range []route{method, ask} {
		mux.HandleFunc(rt.path, p.person(rt, func(context.Context, *http.Request) (screen, error) {
			return issuerMessage(http.StatusMethodNotAllowed, "sandbox.method", ""), nil
		}))
	}
}

func issuerMessage(status int, heading, detail string) screen {
	s := message(status, heading, detail)
	s.Issuer = &issuerPage{}
	return s
}

// notOurs is the answer to a form that no agent would send.
func notOurs() screen {
	return issuerMessage(http.StatusBadRequest, "sandbox.question_unreadable", "sandbox.go_back")
}

// issuerForm reads a form as it was posted, or the query of a link.
func issuerForm(r *http.Request) (url.Values, bool) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		values, err := url.ParseQuery(r.URL.RawQuery)
		return values, err == nil && len(r.URL.RawQuery) <= maxIssuerForm
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return nil, false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxIssuerForm+1))
	if err != nil || len(body) > maxIssuerForm {
		return nil, false
	}
	values, err := url.ParseQuery(string(body))
	return values, err == nil
}

// readMessage reads a message of 3-D Secure: JSON in base64url, padded or not,
// or in base64 as some send it.
func readMessage(text string, into any) bool {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	plain, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(plain, into) == nil
}

func writeMessage(v any) (string, error) {
	plain, err := encode(v)
	return base64.RawURLEncoding.EncodeToString(plain), err
}

// takeFingerprint looks at the browser, and has it tell the agent so.
func (p *PSP) takeFingerprint(ctx context.Context, r *http.Request) (screen, error) {
	values, ok := issuerForm(r)
	var data methodData
	if !ok || !readMessage(values.Get("threeDSMethodData"), &data) || !wayBack(data.NotifyURL) || len(data.NotifyURL) > MaxPageURL {
		return notOurs(), nil
	}
	a, err := findAuthentication(ctx, p.read, `server_id = ?`, data.ServerID)
	if errors.Is(err, errNoRow) || err == nil && a.status != fingerprinting {
		return notOurs(), nil
	}
	if err != nil {
		return screen{}, err
	}
	told, err := writeMessage(methodData{ServerID: a.serverID})
	if err != nil {
		return screen{}, err
	}
	s := issuerMessage(http.StatusOK, "sandbox.known", "sandbox.going_on")
	s.leaveBy(data.NotifyURL, formField{"threeDSMethodData", told})
	return s, nil
}

// leaveBy takes the buyer to another site.
func (s *screen) leaveBy(address string, fields ...formField) {
	s.Issuer.Back = &wayOn{URL: address, Fields: fields}
	s.actions = sourceOf(address)
}

// challenge asks the buyer, or takes the answer.
func (p *PSP) challenge(ctx context.Context, r *http.Request) (screen, error) {
	values, ok := issuerForm(r)
	var question challengeRequest
	creq, data, answer := values.Get("creq"), values.Get("threeDSSessionData"), values.Get("action")
	if !ok || !readMessage(creq, &question) || question.Type != "CReq" || len(data) > maxSessionData {
		return notOurs(), nil
	}
	if answer != "" {
		if err := http.NewCrossOriginProtection().Check(r); err != nil || r.Method != http.MethodPost {
			return issuerMessage(http.StatusForbidden, "sandbox.foreign_answer", "sandbox.answer_at_bank"), nil
		}
	}
	a, err := p.answered(ctx, question, answer)
	if errors.Is(err, errNoRow) {
		return notOurs(), nil
	}
	if err != nil {
		return screen{}, err
	}
	switch status := a.shown(p.now()); {
	case status == "action_required":
		s := issuerMessage(http.StatusOK, "sandbox.yours", "")
		s.Issuer = &issuerPage{Shop: a.shopName, Amount: text.Money{Amount: a.amount, Currency: a.currency}, Card: a.card, Self: challengePath, Request: creq, SessionData: data}
		return s, nil
	case a.status == challenged:
		return issuerMessage(http.StatusGone, "sandbox.question_expired", "sandbox.go_back"), nil
	}
	return p.challengeOver(a, data)
}

// answered finds the authentication of a question and records the answer, if
// there is one and it is the first.
func (p *PSP) answered(ctx context.Context, question challengeRequest, answer string) (a authentication, err error) {
	err = p.update(ctx, func(tx *sql.Tx) error {
		a, err = findAuthentication(ctx, tx, `server_id = ? AND acs_id = ?`, question.ServerID, question.ACSID)
		if err == nil && (a.status == fingerprinting || a.status == pendingFirstCall || a.status == notSupported) {
			err = errNoRow // nobody was asked
		}
		if err != nil || a.shown(p.now()) != "action_required" {
			return err
		}
		changed := a
		switch answer {
		case "approve":
			changed.status = authenticatedOK
		case "refuse":
			changed.status = notAuthenticated
		case "cancel":
			changed.status = challengeLeft
		default:
			return nil
		}
		err = moveAuthentication(ctx, tx, a, changed)
		a = changed
		return err
	})
	return a, err
}

// challengeOver takes the buyer back with the CRes.
func (p *PSP) challengeOver(a authentication, data string) (screen, error) {
	told := challengeResponse{ServerID: a.serverID, ACSID: a.acsID, Version: messageVersion, Type: "CRes", Status: "N", Completed: "Y"}
	s := issuerMessage(http.StatusOK, "sandbox.not_confirmed", "sandbox.not_confirmed_note")
	switch a.status {
	case authenticatedOK, attempted:
		told.Status = "Y"
		s.Heading, s.Detail = phrase{key: "sandbox.confirmed"}, phrase{key: "sandbox.confirmed_note"}
	case challengeLeft:
		told.Cancel = "01"
	}
	cres, err := writeMessage(told)
	if err != nil {
		return screen{}, err
	}
	fields := []formField{{"cres", cres}}
	if data != "" {
		fields = append(fields, formField{"threeDSSessionData", data})
	}
	s.leaveBy(a.notifyURL, fields...)
	return s, nil
}
