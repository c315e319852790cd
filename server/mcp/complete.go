package mcp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
)

// completeCheckout pays a session with the token of the payment sheet. The call
// has no idempotency key, so the session and the token are one: the same token
// again gets the stored answer, another one after a decline is a new try, and so
// is the same one with what the bank has answered meanwhile, or with the e-mail
// address that it was refused for. The amount is that of the stored session,
// whatever the widget has shown.
func completeCheckout(ctx context.Context, a *app, doc *wire.Document) result {
	sessionID, req, err := wire.DecodeSheetComplete(doc)
	if err != nil {
		return malformed(err)
	}
	if a.Live && testToken(req.Payment.Token) {
		return a.refused(ctx, sessionID, acp.Invalid("", "This is a token of a test card, and the shop sells for real. You have not been charged. Pay with a real card."))
	}
	m, err := a.surface.Merchants.Merchant(ctx, a.MerchantID)
	if err != nil {
		return failure("internal_error", internalFailure, err)
	}
	if setup := m.Payment(a.Live); strings.EqualFold(req.Payment.Provider, a.sheetProvider(setup)) {
		req.Payment.Provider = setup.Provider.Name()
	}
	w := a.writing("POST /checkout_sessions/" + sessionID + "/complete")
	w.more = unexplained
	w.call.Fingerprint = sha256.Sum256([]byte(sessionID + "\x00" + req.Payment.Token + buyerOf(req.Buyer) + proofOf(req.Authentication)))
	w.call.Key = "app_" + hex.EncodeToString(w.call.Fingerprint[:])
	ans := a.pay(ctx, w, sessionID, req)
	if e := storedError(ans); e != nil {
		return a.unpaid(ctx, sessionID, e)
	}
	r := w.shown(ans)
	if ans.Replayed && r.outcome == string(acp.AuthenticationRequired) {
		return a.look(ctx, sessionID) // the bank may have answered since
	}
	return r
}

// buyerOf tells a call with the buyer's address from one with the same token that
// was refused for want of it.
func buyerOf(b *acp.Buyer) string {
	if b == nil {
		return ""
	}
	return "\x00buyer\x00" + b.Email
}

// proofOf tells a call with what the bank has answered from the one with the
// same token before it, also from one whose proof was refused as it was written.
func proofOf(r *acp.AuthenticationResult) string {
	switch {
	case r == nil:
		return ""
	case r.Details == nil:
		return "\x00" + r.Outcome
	}
	d := r.Details
	return strings.Join([]string{"", r.Outcome, d.TransactionID, d.Cryptogram, d.ECI, d.Version}, "\x00")
}

// Pauses between two looks at a payment that another call has begun.
const (
	firstPause = 25 * time.Millisecond
	longPause  = time.Second
)

// pay completes the session. While another call is paying it waits for that
// one's outcome, for as long as the surface allows.
func (a *app) pay(ctx context.Context, w *writing, sessionID string, req acp.CompleteRequest) checkout.Answer {
	deadline := a.surface.Now().Add(a.surface.CompleteWait)
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		ans := a.surface.Core.Complete(ctx, &w.call, sessionID, req)
		if _, busy := inFlight(ans); !busy || !a.surface.Now().Before(deadline) {
			return ans
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ans
		case <-timer.C:
		}
	}
}

// unpaid shows a session that a call could not pay. A session that is paid for
// already answers with its order, whichever token comes: nothing was charged.
func (a *app) unpaid(ctx context.Context, sessionID string, e *acp.Error) result {
	sess, m, err := a.read(ctx, sessionID)
	if err == nil && sess.Status == acp.Completed {
		return a.show(sess, m)
	}
	if e.RetryAfter > 0 && e.Code == acp.CodeConflict || e.Code == "idempotency_in_flight" {
		still := *e
		still.Code = "payment_outcome_unknown"
		e = &still
	}
	return a.refused(ctx, sessionID, e)
}

// unexplained is what is added to a session that was not paid and does not say
// why, because its price had changed: a host that finds neither an order nor an
// error would not know what to do with its sheet.
func unexplained(sess *checkout.Session) []acp.Message {
	if sess.Status == acp.Completed || slices.ContainsFunc(sess.Messages, func(m acp.Message) bool { return m.Type == acp.ErrorMessage }) {
		return nil
	}
	return []acp.Message{{Type: acp.ErrorMessage, Code: acp.CodeInvalid, ContentType: "plain",
		Content: "You have not been charged. Look at the total, and pay again to confirm it."}}
}

// testTokens are how tokens begin that say by themselves that no money is
// behind them: Stripe's in test mode and those of simulated sheets.
var testTokens = []string{"spt_test_", "tok_sim_", "tok_test_", "fake-valid-"}

func testToken(token string) bool {
	return slices.ContainsFunc(testTokens, func(prefix string) bool { return strings.HasPrefix(token, prefix) })
}
