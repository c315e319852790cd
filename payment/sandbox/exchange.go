package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/go-json-experiment/json"
)

// reply is an HTTP answer as far as it arrived: status is 0 when none did.
type reply struct {
	status    int
	requestID string
	body      []byte
}

// Send implements payment.Provider. It is sure that nothing was sent only when
// it never got a connection (the address, the connect or the TLS handshake
// failed, or time was up before): from the moment that there is one, bytes may
// have left, and an exchange without a clear answer is ClassUnknown.
//
// Each request says when it was sent, see Reconcile; that is a header, so that
// the sealed body stays as it is.
func (p *Provider) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	r, err := p.exchange(ctx, http.MethodPost, "/v1/charges", nil, body, key)
	if errors.Is(err, payment.ErrNotSent) {
		return payment.Result{}, err
	}
	if err != nil {
		return payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID, DeclineCode: "no_answer"}, nil
	}
	return classify(r), nil
}

// Reconcile implements payment.Provider. It looks the attempt up by its
// reference. When there is nothing, it closes the reference to everything that
// was sent until now, and only that is ClassNotFound: a request that is still
// on its way will be refused when it arrives, while the attempt may be sent
// again. A payment page that can be paid is not nothing: it is ClassPending, and
// is left as it is. Whatever goes wrong on the way is ClassUnknown; err is
// ErrNotSent, with a Result of ClassUnknown, when the PSP cannot be reached at
// all.
func (p *Provider) Reconcile(ctx context.Context, a payment.Attempt) (payment.Result, error) {
	return p.reconcile(ctx, a, "")
}

func (p *Provider) reconcile(ctx context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	query := url.Values{"merchant_id": {p.merchant}, "reference": {a.ID}}
	found, result, err := p.ask(ctx, http.MethodGet, "/v1/charges", query, nil)
	if err != nil || found == nil {
		return result, err
	}
	if len(found.Charges) == 0 && found.Page == nil && ref == "" {
		closing, err := json.Marshal(map[string]string{"sent_before": p.now().UTC().Format(time.RFC3339Nano)})
		if err != nil {
			return payment.Result{Class: payment.ClassUnknown}, err
		}
		if found, result, err = p.close(ctx, a.ID, closing); err != nil || found == nil {
			return result, err
		}
	}
	return found.result(a, ref, result.RequestID), nil
}

// close closes a reference, as the body says.
func (p *Provider) close(ctx context.Context, reference string, body []byte) (*references, payment.Result, error) {
	return p.ask(ctx, http.MethodPost, "/v1/references/"+url.PathEscape(reference)+"/close", url.Values{"merchant_id": {p.merchant}}, body)
}

// references is what the PSP knows of a reference.
type references struct {
	Charges    []charge    `json:"charges"`
	Operations []operation `json:"operations"`
	Closed     bool        `json:"closed"`
	Page       *page       `json:"page"`
}

// ask sends a question about a reference. found is nil when there is no usable
// answer; the result is of ClassUnknown then. A refusal of our keys is no
// different: it says nothing about the attempt.
func (p *Provider) ask(ctx context.Context, method, path string, query url.Values, body []byte) (found *references, result payment.Result, err error) {
	r, err := p.exchange(ctx, method, path, query, body, "")
	result = payment.Result{Class: payment.ClassUnknown, RequestID: r.requestID}
	switch {
	case errors.Is(err, payment.ErrNotSent):
		return nil, result, err
	case err != nil:
		result.DeclineCode = "no_answer"
		return nil, result, nil
	case r.status != http.StatusOK:
		result.DeclineCode = fmt.Sprintf("http_%d", r.status)
		return nil, result, nil
	}
	found = new(references)
	if err := json.Unmarshal(r.body, found); err != nil || found.Charges == nil {
		result.DeclineCode = "unexpected_answer"
		return nil, result, nil
	}
	return found, result, nil
}

// exchange makes one HTTP exchange; err is as exchange.Client.Do says.
func (p *Provider) exchange(ctx context.Context, method, path string, query url.Values, body []byte, key string) (reply, error) {
	target := p.base.JoinPath(path)
	target.RawQuery = query.Encode()
	header := http.Header{"Authorization": {"Bearer " + p.key.Reveal()}, "Accept": {"application/json"}}
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	if key != "" {
		header.Set("Idempotency-Key", key)
		header.Set("Sent-At", p.now().UTC().Format(time.RFC3339Nano))
	}
	r, err := p.client.Do(ctx, method, target, header, body)
	return reply{status: r.Status, requestID: r.Header.Get("Request-Id"), body: r.Body}, err
}
