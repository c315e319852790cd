package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Times of the deliveries.
const (
	deliveryTimeout = 10 * time.Second
	firstRetry      = time.Second
	maxRetry        = 10 * time.Minute // the wait doubles up to this
	idleWorker      = time.Minute      // between two looks when nothing is known to be due
	maxHookAnswer   = 64 << 10         // bytes of an answer that are read, for the connection to be used again
)

// SignatureHeader is the header that a webhook is signed in: t=<Unix
// seconds>,v1=<hex>, where v1 is HMAC-SHA256 of "<seconds>.<body>" under the
// endpoint's secret.
const SignatureHeader = "Sandbox-Signature"

// delivery is an event that is due, with where it goes.
type delivery struct {
	seq      int64
	id       string
	kind     string
	body     []byte
	tries    int64
	held     bool // by a fault, once
	url, key string
}

// work delivers what is due and ends pages whose time is up, until the PSP is
// closed. Events are delivered at least once: what is in the outbox when the
// process ends goes out from the next.
func (p *PSP) work(ctx context.Context) {
	for {
		wait := firstRetry
		next, err := p.workOff(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.log.Error("the outbox could not be worked off", "error", err)
		default:
			wait = min(max(next.Sub(p.now()), 0), idleWorker)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// workOff does what is due now, and tells when the next thing will be.
func (p *PSP) workOff(ctx context.Context) (next time.Time, err error) {
	if err := p.endOverdue(ctx, `1 = 1`); err != nil {
		return time.Time{}, err
	}
	for {
		d, err := p.nextDelivery(ctx)
		if errors.Is(err, errNoRow) {
			break
		}
		if err != nil {
			return time.Time{}, err
		}
		if err := p.deliver(ctx, d); err != nil {
			return time.Time{}, err
		}
	}
	var due, expiry sql.NullInt64
	err = p.read.QueryRowContext(ctx, `SELECT (SELECT min(due_at) FROM outbox), (SELECT min(expires_at) FROM page WHERE status = 'open')`).Scan(&due, &expiry)
	if err != nil {
		return time.Time{}, err
	}
	next = p.now().Add(idleWorker)
	for _, at := range []sql.NullInt64{due, expiry} {
		if at.Valid && fromMillis(at.Int64).Before(next) {
			next = fromMillis(at.Int64)
		}
	}
	return next, nil
}

// nextDelivery finds the event that is due first, or errNoRow.
func (p *PSP) nextDelivery(ctx context.Context) (d delivery, err error) {
	err = p.read.QueryRowContext(ctx, `SELECT seq, id, type, body, tries, held, url, secret
		FROM outbox JOIN webhook_endpoint USING (merchant_id) WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1`, p.now().UnixMilli()).
		Scan(&d.seq, &d.id, &d.kind, &d.body, &d.tries, &d.held, &d.url, &d.key)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoRow
	}
	return d, err
}

// deliver sends an event, and again later when the answer is not 2xx. The
// error is one of ours; a failed delivery is none.
func (p *PSP) deliver(ctx context.Context, d delivery) error {
	var f fault
	if d.tries == 0 && !d.held {
		var err error
		if f, err = p.takeFault(ctx, onWebhook); err != nil {
			return err
		}
	}
	var failed error
	switch f.Next {
	case FaultLate:
		_, err := p.write.ExecContext(ctx, `UPDATE outbox SET held = 1, due_at = ? WHERE seq = ?`, p.now().Add(f.delay()).UnixMilli(), d.seq)
		return err
	case FaultDropOnce:
		failed = errors.New("fault switched on: " + string(f.Next))
	default:
		failed = p.post(ctx, d)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed == nil && f.Next == FaultDuplicate {
		if err := p.post(ctx, d); err != nil {
			p.log.Info("the second delivery of a webhook failed", "event", d.id, "type", d.kind, "error", err)
		}
	}
	if failed != nil {
		again := min(firstRetry<<min(d.tries, 20), maxRetry)
		p.log.Warn("webhook not taken; it is delivered again", "event", d.id, "type", d.kind, "tries", d.tries+1, "again_in", again, "error", failed)
		_, err := p.write.ExecContext(ctx, `UPDATE outbox SET tries = tries + 1, due_at = ? WHERE seq = ?`, p.now().Add(again).UnixMilli(), d.seq)
		return err
	}
	p.log.Info("webhook delivered", "event", d.id, "type", d.kind, "tries", d.tries+1)
	_, err := p.write.ExecContext(ctx, `DELETE FROM outbox WHERE seq = ?`, d.seq)
	return err
}

// post makes one delivery; nil is a 2xx.
func (p *PSP) post(ctx context.Context, d delivery) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(d.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, signWebhook(d.key, p.now(), d.body))
	resp, err := p.hooks.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxHookAnswer)); err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}

// signWebhook makes the value of SignatureHeader.
func signWebhook(secret string, at time.Time, body []byte) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
