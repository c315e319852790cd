package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
)

func openSession(ctx context.Context, a *app, doc *wire.Document) result {
	req, err := wire.DecodeSheetCreate(doc)
	if err != nil {
		return malformed(err)
	}
	return a.open(ctx, req)
}

// open makes a session.
func (a *app) open(ctx context.Context, req acp.CreateRequest) result {
	w := a.writing("POST /checkout_sessions")
	w.call.Language = languageOf(ctx)
	ans := a.surface.Core.Create(ctx, &w.call, req)
	if ans.Err != nil {
		if ans.Err.Status >= http.StatusInternalServerError {
			return failure("internal_error", internalFailure, ans.Err)
		}
		return refusal(ans.Err)
	}
	return w.shown(ans)
}

func updateSession(ctx context.Context, a *app, doc *wire.Document) result {
	sessionID, req, err := wire.DecodeSheetUpdate(doc)
	if err != nil {
		return malformed(err)
	}
	w := a.writing("POST /checkout_sessions/" + sessionID)
	w.call.Language = languageOf(ctx)
	ans := a.surface.Core.Update(ctx, &w.call, sessionID, req)
	if ans.Err != nil {
		return a.refused(ctx, sessionID, ans.Err)
	}
	return w.shown(ans)
}

func getSession(ctx context.Context, a *app, doc *wire.Document) result {
	sessionID, err := wire.DecodeSheetSession(doc)
	if err != nil {
		return malformed(err)
	}
	return a.look(ctx, sessionID)
}

func cancelSession(ctx context.Context, a *app, doc *wire.Document) result {
	sessionID, err := wire.DecodeSheetSession(doc)
	if err != nil {
		return malformed(err)
	}
	w := a.writing("POST /checkout_sessions/" + sessionID + "/cancel")
	ans := a.surface.Core.Cancel(ctx, &w.call, sessionID, acp.CancelRequest{})
	if ans.Err != nil {
		if r := a.look(ctx, sessionID); r.outcome == string(acp.Canceled) || r.outcome == string(acp.Expired) {
			return r // a repeat: there is nothing left to end
		}
		return a.refused(ctx, sessionID, ans.Err)
	}
	return w.shown(ans)
}

func startCheckout(ctx context.Context, a *app, doc *wire.Document) result {
	sessionID, cart, err := wire.DecodeSheetStart(doc)
	if err != nil {
		return malformed(err)
	}
	if sessionID == "" {
		if !a.hasPage { // before there is a session that nobody can pay
			return refusal(noPage)
		}
		return a.open(ctx, cart)
	}
	if !a.hasPage {
		return a.refused(ctx, sessionID, noPage)
	}
	return a.look(ctx, sessionID)
}

// noPage is the refusal of a shop without a checkout page of its own.
var noPage = acp.Refused(http.StatusConflict, acp.CodeUnsupported, "", "This shop has no checkout page. Pay in the chat.")

// look reads a session.
func (a *app) look(ctx context.Context, sessionID string) result {
	sess, m, err := a.read(ctx, sessionID)
	if err != nil {
		return a.unreadable(sessionID, err)
	}
	return a.show(sess, m)
}

func (a *app) read(ctx context.Context, sessionID string) (*checkout.Session, *checkout.Merchant, error) {
	m, err := a.surface.Merchants.Merchant(ctx, a.MerchantID)
	if err != nil {
		return nil, nil, err
	}
	sess, err := a.surface.Core.Get(ctx, a.caller(), sessionID)
	return sess, m, err
}

func (a *app) unreadable(sessionID string, err error) result {
	e := acp.AsError(err)
	if e.Status >= http.StatusInternalServerError {
		return failure("internal_error", internalFailure, err)
	}
	r := missing("There is no such checkout session. Open one with checkout_session.")
	r.session = sessionID
	return r
}

// refused shows the session as it stands, with what was refused and why.
func (a *app) refused(ctx context.Context, sessionID string, e *acp.Error) result {
	words, known := faultWords[e.Code]
	if e.Status >= http.StatusInternalServerError && !known {
		return failure("internal_error", internalFailure, e)
	}
	sess, m, err := a.read(ctx, sessionID)
	if err != nil {
		return a.unreadable(sessionID, err)
	}
	if !known {
		words = e.Message
	}
	r := a.show(sess, m, acp.Message{Type: acp.ErrorMessage, Code: e.Code, Param: e.Param, ContentType: "plain", Content: words})
	r.outcome = e.Code
	if e.Cause != nil && e.Status >= http.StatusInternalServerError {
		r.cause = e.Cause
	}
	return r
}

// faultWords tell a buyer of faults whose own words are for programs.
var faultWords = map[string]string{
	"payment_outcome_unknown":      "We do not know yet whether your payment went through. You are charged at most once. Look again in a moment.",
	"payment_provider_unavailable": "Your payment could not be processed. You have not been charged. Try again in a moment.",
	"payment_provider_error":       "The shop's payment account refused the payment. You have not been charged. The shop has to look into it.",
}

// show makes the result of a session. more are messages before its own.
func (a *app) show(sess *checkout.Session, m *checkout.Merchant, more ...acp.Message) result {
	shown := m.Present(sess)
	if len(more) > 0 {
		shown.Messages = append(slices.Clone(more), shown.Messages...)
	}
	data, err := wire.AppendSheet(make([]byte, 0, sessionBytes), shown, a.view(m, shown))
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	return result{text: a.sessionWords(shown), data: data, outcome: string(shown.Status), session: shown.ID, meta: a.told(sess, shown, m)}
}

// sessionBytes is what a session takes, roughly: the buffer starts at that
// size.
const sessionBytes = 4096

// view is what the sheet shows beside the session.
func (a *app) view(m *checkout.Merchant, shown *acp.Session) wire.SheetView {
	setup := m.Payment(a.Live)
	v := wire.SheetView{Methods: a.Methods, Brands: setup.Brands, NamedMethods: a.NamedMethods, Live: a.Live, CheckoutURL: shown.ContinueURL}
	if a.PaymentSheet {
		v.Provider, v.MerchantID = a.sheetProvider(setup), setup.MerchantID
	}
	return v
}

// sheetProvider is the payment provider's name in the sheet.
func (a *app) sheetProvider(setup checkout.PaymentSetup) string {
	if a.Provider != "" {
		return a.Provider
	}
	return setup.StandIn
}

// writing is one call that changes a session, and what it was rendered as last.
type writing struct {
	call checkout.Call
	app  *app
	last result
	more func(*checkout.Session) []acp.Message // beside the session's own
}

// writing begins a call. path scopes the key, if the caller sets one.
func (a *app) writing(path string) *writing {
	w := &writing{app: a, more: func(*checkout.Session) []acp.Message { return nil }}
	w.call = checkout.Call{Caller: a.caller(), Version: wire.Newest().Version(), Path: path, MismatchStatus: http.StatusConflict, Render: w.render}
	return w
}

// stored is an answer as it is kept under a key.
type stored struct {
	Text    string          `json:"text,omitempty"`
	Outcome string          `json:"outcome,omitempty"`
	Session string          `json:"session,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
	Error   *acp.Error      `json:"error,omitempty"`
}

// render implements checkout.Call.Render.
func (w *writing) render(sess *checkout.Session, e *acp.Error) checkout.Answer {
	keep := stored{Error: e}
	if e == nil {
		m, err := w.app.surface.Merchants.Merchant(context.Background(), w.app.MerchantID)
		if err == nil {
			if w.last = w.app.show(sess, m, w.more(sess)...); w.last.failed {
				err = w.last.cause
			}
		}
		if err != nil {
			e = acp.AsError(err)
			keep.Error = e
		}
		keep.Text, keep.Outcome, keep.Session, keep.Data = w.last.text, w.last.outcome, w.last.session, w.last.data
	}
	status := http.StatusOK
	if e != nil {
		keep.Data, status = nil, e.Status
	}
	if w.call.Key == "" { // nothing is kept
		return checkout.Answer{Status: status, Err: e}
	}
	body, err := json.Marshal(keep)
	if err != nil {
		e = acp.AsError(err)
		return checkout.Answer{Status: e.Status, Err: e}
	}
	return checkout.Answer{Status: status, Body: body, Err: e}
}

// shown is the result of an answer without an error: the one that was rendered,
// or the one that was stored.
func (w *writing) shown(ans checkout.Answer) result {
	if !ans.Replayed {
		return w.last
	}
	var keep stored
	if err := json.Unmarshal(ans.Body, &keep); err != nil {
		return failure("internal_error", internalFailure, err)
	}
	return result{text: keep.Text, data: keep.Data, outcome: keep.Outcome, session: keep.Session, meta: &w.app.meta}
}

// storedError is the refusal that a stored answer holds; nil when it is a
// session.
func storedError(ans checkout.Answer) *acp.Error {
	if !ans.Replayed || ans.Status < http.StatusBadRequest {
		return ans.Err
	}
	var keep stored
	if err := json.Unmarshal(ans.Body, &keep); err != nil || keep.Error == nil {
		return acp.AsError(errors.Join(errors.New("a stored refusal cannot be read"), err))
	}
	keep.Error.Status = ans.Status
	return keep.Error
}

// inFlight reports whether an answer says that another call is paying, and how
// long to wait before asking again.
func inFlight(ans checkout.Answer) (time.Duration, bool) {
	return ans.RetryAfter, ans.Err != nil && ans.Err.Status == http.StatusConflict && ans.RetryAfter > 0
}
