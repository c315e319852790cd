package stripe_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
)

// stripeMock starts Stripe's own stand-in, which checks requests against the
// bundled OpenAPI document and has no memory. It skips the test where there is
// none.
func stripeMock(t *testing.T) *url.URL {
	t.Helper()
	path := os.Getenv("CHECKSTAND_STRIPE_MOCK")
	if path == "" {
		var err error
		if path, err = exec.LookPath("stripe-mock"); err != nil {
			t.Skip("stripe-mock is neither named by CHECKSTAND_STRIPE_MOCK nor on the PATH: go install github.com/stripe/stripe-mock@v0.203.0")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	// Both addresses are given, because it opens the other to the world otherwise.
	cmd := exec.CommandContext(ctx, path, "-beta", "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errors bytes.Buffer
	cmd.Stderr = &errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	t.Cleanup(func() {
		cancel()
		for lines.Scan() { // until it has ended
		}
		_ = cmd.Wait() // it was killed
	})
	var address string
	for lines.Scan() {
		if after, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
			address = after
		}
		if strings.HasPrefix(lines.Text(), "Listening for HTTPS") && address != "" {
			return &url.URL{Scheme: "http", Host: address}
		}
	}
	t.Fatalf("stripe-mock does not listen: %s", &errors)
	return nil
}

// recorder passes requests on to stripe-mock and keeps what it said.
type recorder struct {
	url string

	mu      sync.Mutex
	seen    []string // "POST /v1/refunds 200"
	refused []string
	endless bool // lists never end
}

func record(t *testing.T, mock *url.URL) *recorder {
	t.Helper()
	r := &recorder{}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(mock)
			p.Out.Header.Del("Accept-Encoding") // the transport compresses by itself, and undoes it
		},
		ModifyResponse: func(resp *http.Response) error {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			// Ids in a path are of no interest.
			path := strings.NewReplacer("/pi_mock", "/*", "/re_mock", "/*", "/cs_mock", "/*", "/spt_mock", "/*").Replace(resp.Request.URL.Path)
			call := fmt.Sprintf("%s %s %d", resp.Request.Method, path, resp.StatusCode)
			if !slices.Contains(r.seen, call) {
				r.seen = append(r.seen, call)
			}
			if resp.StatusCode != http.StatusOK {
				r.refused = append(r.refused, fmt.Sprintf("%s: %s", call, body))
			}
			if r.endless {
				body = bytes.ReplaceAll(body, []byte(`"has_more":false`), []byte(`"has_more":true`))
			}
			resp.Body = io.NopCloser(bytes.NewReader(body))
			resp.ContentLength = int64(len(body))
			resp.Header.Set("Content-Length", fmt.Sprint(len(body)))
			return nil
		},
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(func() {
		srv.Close()
		transport.CloseIdleConnections()
	})
	r.url = srv.URL
	return r
}

// raw makes a request as it is; one without a body asks.
func (r *recorder) raw(t *testing.T, path string, body []byte) (status int, answer string) {
	t.Helper()
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header = http.Header{"Authorization": {"Bearer " + testKey}, "Content-Type": {"application/x-www-form-urlencoded"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// Stripe's own description of its interface accepts the shape of every request
// that it describes. What it cannot check is listed in docs/payments/stripe.md.
func TestStripeMockAcceptsTheRequests(t *testing.T) {
	r := record(t, stripeMock(t))
	p := adapter(t, r.url)
	talkative := adapter(t, r.url, func(c *stripe.Config) { c.ReceiptEmail, c.AllowAction = true, true })
	old := time.Now().Add(-time.Hour)

	t.Run("charges", func(t *testing.T) {
		for _, p := range []*stripe.Provider{p, talkative} {
			for _, mode := range []payment.CaptureMode{payment.CaptureNow, payment.CaptureLater} {
				c := shopCharge()
				c.Capture, c.Credential.Token = mode, secret.New("pm_card_visa")
				send(t, p, c)
				// A token is accepted with a type, which Stripe's documentation of
				// the tokens does not send.
				c.Credential.Token = secret.New("spt_mock")
				body, err := p.Build(c)
				if err != nil {
					t.Fatal(err)
				}
				if status, answer := r.raw(t, "/v1/payment_intents", append(body, "&payment_method_data[type]=link"...)); status != http.StatusOK {
					t.Errorf("with a token: %d %s", status, answer)
				}
			}
		}
		stored := shopCharge()
		stored.Credential.Stored = payment.Stored{Customer: "cus_mock", Card: "pm_mock"}
		send(t, p, stored)
		if status, answer := r.raw(t, "/v1/customers/cus_mock/payment_methods/pm_mock", nil); status != http.StatusOK {
			t.Errorf("a payment method of a customer: %d %s", status, answer)
		}
		if _, err := p.InspectToken(t.Context(), payment.Credential{Token: secret.New("spt_mock")}); err != nil {
			t.Error(err)
		}
	})
	t.Run("moves", func(t *testing.T) {
		for _, kind := range []payment.OpKind{payment.OpCapture, payment.OpVoid, payment.OpRefund} {
			for _, reason := range []string{"", "requested_by_customer", "duplicate", "fraudulent"} {
				op := payment.Op{ID: "op_1", Kind: kind, PSPRef: "pi_mock", Amount: 500, Currency: "usd", Key: "k", Reason: reason, CreatedAt: time.Now()}
				operate(t, p, op)
				reconcileOp(t, p, op)
				op.OpRef = "re_mock"
				reconcileOp(t, p, op)
			}
		}
		if status, answer := r.raw(t, "/v1/payment_intents/pi_mock/cancel", []byte("cancellation_reason=abandoned")); status != http.StatusOK {
			t.Errorf("giving up: %d %s", status, answer)
		}
	})
	t.Run("questions", func(t *testing.T) {
		reconcile(t, p, payment.Attempt{ID: "pay_1", CreatedAt: old})
		reconcile(t, p, payment.Attempt{ID: "pay_1", PSPRef: "pi_mock", CreatedAt: old})
		if _, _, err := p.List(t.Context(), old, time.Now(), ""); err != nil {
			t.Error(err)
		}
		if _, _, err := p.List(t.Context(), old, time.Now(), "pi_mock"); err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.endless = true // so that it searches in the end
		r.mu.Unlock()
		reconcile(t, p, payment.Attempt{ID: "pay_1", CreatedAt: old})
	})
	t.Run("pages", func(t *testing.T) {
		for _, mode := range []payment.CaptureMode{payment.CaptureNow, payment.CaptureLater} {
			h := hostedCharge()
			h.Capture = mode
			body, err := p.BuildHosted(h)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := p.OpenHosted(t.Context(), "k", body); err != nil {
				t.Error(err)
			}
		}
		a := payment.Attempt{ID: "pay_1", CreatedAt: old}
		for _, ref := range []string{"cs_mock", ""} {
			if _, err := p.ReconcileHosted(t.Context(), a, ref, ""); err != nil {
				t.Error(err)
			}
			if _, err := p.CloseHosted(t.Context(), a, ref); err != nil {
				t.Error(err)
			}
		}
	})

	for _, refused := range r.refused {
		t.Errorf("refused: %s", refused)
	}
	want := []string{
		"GET /v1/checkout/sessions 200", "GET /v1/checkout/sessions/* 200", "GET /v1/customers/cus_mock/payment_methods/pm_mock 200",
		"GET /v1/payment_intents 200", "GET /v1/payment_intents/* 200", "GET /v1/payment_intents/search 200",
		"GET /v1/refunds 200", "GET /v1/refunds/* 200",
		"GET /v1/shared_payment/granted_tokens/* 200",
		"POST /v1/checkout/sessions 200", "POST /v1/checkout/sessions/*/expire 200",
		"POST /v1/payment_intents 200", "POST /v1/payment_intents/*/cancel 200", "POST /v1/payment_intents/*/capture 200",
		"POST /v1/refunds 200",
	}
	if slices.Sort(r.seen); !slices.Equal(r.seen, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(r.seen, "\n"), strings.Join(want, "\n"))
	}

	// The document that is bundled does not know the charge as it is documented.
	// When it does, the exception above has to go.
	body, err := p.Build(shopCharge())
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := r.raw(t, "/v1/payment_intents", body); status != http.StatusBadRequest || !strings.Contains(answer, "'type' is required") {
		t.Errorf("a token without a type: %d %s", status, answer)
	}
	// It does check: a field that Stripe does not have is refused.
	if status, _ := r.raw(t, "/v1/refunds", []byte("payment_intent=pi_mock&colour=red")); status != http.StatusBadRequest {
		t.Errorf("an unknown field: %d", status)
	}
}
