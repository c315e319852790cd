package sandbox

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
)

// payRoute stands for a payment page in the log, where its id, which opens it,
// has no place.
var payRoute = route{path: "/pay/{id}"}

// servePages adds what buyers see to the mux. Posts from other sites are
// refused; beyond that whoever has the address may pay.
func (p *PSP) servePages(mux *http.ServeMux) {
	ours := http.NewCrossOriginProtection()
	ours.SetDenyHandler(p.person(payRoute, func(context.Context, *http.Request) (screen, error) {
		return message(http.StatusForbidden, "sandbox.foreign_form", "sandbox.open_again"), nil
	}))
	mux.HandleFunc("GET /pay/{id}", p.person(payRoute, p.showPage))
	mux.Handle("POST /pay/{id}", ours.Handler(p.person(payRoute, p.postPage)))
	mux.HandleFunc("/pay/{id}", p.person(payRoute, func(context.Context, *http.Request) (screen, error) {
		return message(http.StatusMethodNotAllowed, "sandbox.method", ""), nil
	}))
	mux.HandleFunc("GET /pay/assets/{file}", p.payAsset)
}

// person answers a request of a person: with a screen, never with JSON. The
// buyer going away does not stop what has begun.
func (p *PSP) person(rt route, do func(context.Context, *http.Request) (screen, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		requestID := id.New(id.Request, p.now())
		w.Header().Set("Request-Id", requestID)
		var a answer
		sent := false
		defer func() {
			p.logCall(r, rt, &call{r: r}, requestID, a, sent, time.Since(start))
		}()
		s, err := do(context.WithoutCancel(r.Context()), r)
		var refusal *acp.Error
		switch {
		case errors.As(err, &refusal) && refusal.Status == http.StatusNotFound:
			s = message(http.StatusNotFound, "sandbox.none", "sandbox.none_note")
		case err != nil:
			p.log.Error("request failed", "request_id", requestID, "error", err)
			s = message(http.StatusInternalServerError, "page.failed", "sandbox.uncertain")
		}
		s.speak(r)
		a.status = s.status
		if s.redirect != "" {
			pageHeaders(w.Header(), "")
			w.Header().Set("Location", s.redirect)
			w.WriteHeader(s.status)
			sent = true
			return
		}
		sent = p.render(w, s)
	}
}

func (p *PSP) showPage(ctx context.Context, r *http.Request) (screen, error) {
	pageID := r.PathValue("id")
	if err := p.endOverdue(ctx, `id = ?`, pageID); err != nil {
		return screen{}, err
	}
	pg, err := p.ownPage(findPage(ctx, p.read, `id = ?`, pageID))
	if err != nil {
		return screen{}, err
	}
	return p.screenOf(ctx, pg, payForm{})
}

// leave sends a buyer back who does not want to pay now. The page stays open:
// they may come back to it until the shop ends it.
func (p *PSP) leave(ctx context.Context, pageID string) (screen, error) {
	pg, err := p.ownPage(findPage(ctx, p.read, `id = ?`, pageID))
	if err != nil {
		return screen{}, err
	}
	if pg.status == pagePaid {
		return screen{status: http.StatusSeeOther, redirect: pg.paidURL()}, nil
	}
	return screen{status: http.StatusSeeOther, redirect: pg.cancelURL}, nil
}

// postPage carries a button out. A page that is paid sends the buyer on, so
// that a form that is sent twice ends where one ends.
func (p *PSP) postPage(ctx context.Context, r *http.Request) (screen, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return message(http.StatusUnsupportedMediaType, "sandbox.unreadable", "sandbox.open_again"), nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayForm+1))
	if err != nil {
		return message(http.StatusBadRequest, "sandbox.incomplete", "sandbox.send_again"), nil
	}
	f, err := decodePayForm(body)
	if err != nil {
		return message(http.StatusBadRequest, "sandbox.unreadable", "sandbox.send_again"), nil
	}
	pageID := r.PathValue("id")
	var t try
	switch f.action {
	case actionCancel:
		return p.leave(ctx, pageID)
	case actionApprove, actionRefuse:
		t, err = p.answerChallenge(ctx, pageID, f.challenge, f.action == actionApprove)
	case actionPay:
		card, wrong := f.card(p.now())
		if len(wrong) > 0 {
			return p.correct(ctx, pageID, f, wrong)
		}
		t, err = p.tryCard(ctx, pageID, card)
	default:
		return message(http.StatusBadRequest, "sandbox.unreadable", "sandbox.send_again"), nil
	}
	if err != nil {
		return screen{}, err
	}
	switch {
	case t.mishap == DropAfterCommit:
		panic(http.ErrAbortHandler)
	case t.mishap == ErrorAfterCommit:
		return message(http.StatusInternalServerError, "sandbox.wrong", "sandbox.uncertain"), nil
	case t.page.status == pagePaid:
		return screen{status: http.StatusSeeOther, redirect: t.page.paidURL()}, nil
	}
	s, err := p.screenOf(ctx, t.page, f.forgetCard())
	if t.refused != nil {
		s.status, s.Alert = http.StatusPaymentRequired, phrase{key: refusalKey(t.refused.decline)}
	}
	return s, err
}

// correct shows the form again with what is wrong. A page that is over shows
// that instead.
func (p *PSP) correct(ctx context.Context, pageID string, f payForm, wrong []fieldError) (screen, error) {
	if err := p.endOverdue(ctx, `id = ?`, pageID); err != nil {
		return screen{}, err
	}
	pg, err := p.ownPage(findPage(ctx, p.read, `id = ?`, pageID))
	if err != nil {
		return screen{}, err
	}
	if pg.status == pagePaid {
		return screen{status: http.StatusSeeOther, redirect: pg.paidURL()}, nil
	}
	pg.challenge = nil // the buyer has gone on to another card
	s, err := p.screenOf(ctx, pg, f.forgetCard())
	if pg.status == pageOpen {
		s.status, s.Wrong = http.StatusUnprocessableEntity, wrong
	}
	return s, err
}

// paidURL is where a buyer goes who has paid: the shop's address with the
// page's id in its query. It proves nothing to the shop, which asks.
func (pg page) paidURL() string {
	u, err := url.Parse(pg.returnURL)
	if err != nil {
		return pg.returnURL // it was an address when the page was made
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "page=" + url.QueryEscape(pg.id)
	return u.String()
}

// refusalKey is the text that tells a buyer about a card that was refused: what
// happened, whether money moved, and what to do.
func refusalKey(decline string) string {
	switch decline {
	case verdicts[InsufficientFunds].decline:
		return "sandbox.no_money"
	case verdicts[ExpiredCard].decline:
		return "sandbox.card_expired"
	case verdicts[IncorrectCVC].decline:
		return "sandbox.wrong_code"
	case verdicts[ProcessingError].decline:
		return "sandbox.technical"
	case notApproved.decline:
		return "sandbox.not_approved"
	}
	return "sandbox.declined"
}
