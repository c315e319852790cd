package server

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

// pspWebhookPath is where the PSP of a shop calls, one address for each shop
// and mode: /webhooks/payments/shop/live.
const pspWebhookPath = "/webhooks/payments/{merchant}/{mode}"

// maxPSPWebhook is the longest webhook of a PSP, in bytes.
const maxPSPWebhook = 1 << 20

// pspWebhook takes in what a PSP reports of its own accord. The signature,
// which the adapter checks, is the caller's only credential. Who has none
// learns nothing. A failure of ours is a 500, so that the PSP calls again.
func (a *App) pspWebhook(w http.ResponseWriter, r *http.Request) {
	m, live, pr := a.webhooksOf(r.PathValue("merchant"), r.PathValue("mode"))
	if pr == nil {
		say(w, http.StatusNotFound, "not found")
		return
	}
	ctx := r.Context()
	log := a.log.With("provider", pr.Name(), "merchant", m.ID, "mode", r.PathValue("mode"))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPSPWebhook))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		log.WarnContext(ctx, "webhook of the payment provider refused: it is too long", "limit", maxPSPWebhook)
		say(w, http.StatusRequestEntityTooLarge, "too large")
		return
	}
	if err != nil {
		say(w, http.StatusBadRequest, "not read")
		return
	}
	notices, answer, err := pr.ReceiveWebhook(payment.WebhookRequest{Method: r.Method, Header: r.Header, Query: r.URL.Query(), Body: body})
	if err != nil {
		log.WarnContext(ctx, "webhook of the payment provider refused", "error", err)
		say(w, http.StatusUnauthorized, "unauthorized")
		return
	}
	kinds := make([]string, len(notices))
	for i, n := range notices {
		kinds[i] = n.Kind
	}
	log = log.With("kinds", kinds, "count", len(notices))
	for _, n := range notices {
		if err := a.notice(ctx, m.ID, live, n); err != nil {
			log.ErrorContext(ctx, "webhook of the payment provider not recorded; the provider has to repeat it", "kind", n.Kind, "error", err)
			say(w, http.StatusInternalServerError, "not recorded; call again")
			return
		}
	}
	log.InfoContext(ctx, "webhook of the payment provider taken")
	if answer.Type != "" {
		w.Header().Set("Content-Type", answer.Type)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // whoever hung up calls again
}

// notice takes in one report: what is about the time after the sale is the
// orders', the rest the checkout's.
func (a *App) notice(ctx context.Context, merchantID string, live bool, n payment.Notice) error {
	if handled, err := a.orders.Notice(ctx, merchantID, live, n); handled || err != nil {
		return err
	}
	return a.core.Notice(ctx, merchantID, live, n)
}

// callable is a provider that calls back.
type callable interface {
	payment.Provider
	payment.Webhooks
}

// webhooksOf finds the provider of a shop and mode that calls back; nil for
// none.
func (a *App) webhooksOf(merchantID, mode string) (*checkout.Merchant, bool, callable) {
	m, ok := a.merchants.byID[merchantID]
	if !ok || (mode != "test" && mode != "live") {
		return nil, false, nil
	}
	live := mode == "live"
	pr, _ := m.Payment(live).Provider.(callable)
	return m, live, pr
}
