package checkout

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/payment"
)

// browserOf is what an agent said of the buyer's browser; nil for nothing. The
// versions before 2026-04-17 have the shop repeat it when it asks for an
// authentication.
func browserOf(r *acp.RiskSignals) *acp.Browser {
	if r == nil {
		return nil
	}
	first, _, _ := strings.Cut(r.AcceptLanguage, ",")
	language, _, _ := strings.Cut(first, ";")
	b := acp.Browser{IPAddress: r.IPAddress, UserAgent: r.UserAgent, Language: strings.TrimSpace(language)}
	if b == (acp.Browser{}) {
		return nil
	}
	return &b
}

// forgetBrowser drops what is known of the buyer's browser, which is kept for
// an authentication and no longer.
func (s *Session) forgetBrowser() {
	if a := s.Authentication; a != nil && (a.Browser != nil || a.Metadata != nil && a.Metadata.Browser != nil) {
		kept := *a
		kept.Browser = nil
		if a.Metadata != nil {
			metadata := *a.Metadata
			metadata.Browser, kept.Metadata = nil, &metadata
		}
		s.Authentication = &kept
	}
}

// expiryKind is the job that ends a session whose time is over while it waits
// for the buyer's bank. Other sessions are shown as expired and not written;
// this one knows of the buyer's browser what it must not keep.
const expiryKind = "session.expiry"

type expiryPayload struct {
	MerchantID string `json:"merchant_id"`
	SessionID  string `json:"session_id"`
}

// expiryJob becomes due when the session of an attempt that led to the bank's
// question expires.
func expiryJob(sess *Session, a *payment.Attempt, now time.Time) job.Job {
	payload, err := json.Marshal(expiryPayload{MerchantID: sess.MerchantID, SessionID: sess.ID})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return job.Job{ID: "job_expiry_" + a.ID, MerchantID: sess.MerchantID, Kind: expiryKind, Payload: payload, Due: sess.ExpiresAt, CreatedAt: now}
}

// endExpired is that job. A session that is being paid, or was, has forgotten
// the browser or will when the outcome is known.
func (s *Service) endExpired(ctx context.Context, j job.Job) error {
	var ref expiryPayload
	if err := json.Unmarshal(j.Payload, &ref); err != nil {
		return job.Permanent(err)
	}
	var left time.Duration
	err := s.store.Update(ctx, func(tx Tx) error {
		left = 0
		sess, err := tx.Session(ref.MerchantID, ref.SessionID)
		if isNotFound(err) {
			return nil // removed since
		}
		if err != nil || sess.Status != acp.AuthenticationRequired {
			return err
		}
		if left = sess.ExpiresAt.Sub(s.now()); left > 0 {
			return nil
		}
		if err := sess.become(acp.Expired); err != nil {
			return err
		}
		sess.Messages = []acp.Message{}
		return tx.SaveSession(sess)
	})
	if err == nil && left > 0 {
		return job.RetryAfter(left)
	}
	return err
}
