// Package exchange is the HTTP under every payment adapter: one request, one
// answer, bounded in time and size, and a sure word on whether anything can
// have left this machine.
//
// net/http repeats a request by itself when a kept-alive connection breaks and
// the request has an Idempotency-Key. The key would make that harmless, but
// the attempt log should show what really went out, so it is switched off.
package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/checkstand/checkstand/payment"
)

// Limits and defaults.
const (
	DefaultTimeout = 30 * time.Second
	MaxAnswer      = 1 << 20 // bytes of an answer that are read

	idleTimeout   = 30 * time.Second // shorter than PSPs', so that they never close first
	idleConns     = 64
	handshakeTime = 10 * time.Second
)

// Client makes exchanges with one PSP. It is safe for concurrent use.
type Client struct {
	http    http.Client
	timeout time.Duration
}

// New makes a client whose exchanges take at most timeout each, DefaultTimeout
// when it is 0. transport may be nil; it is a transport and not any
// RoundTripper because Do relies on its httptrace events. Redirects are not
// followed: a payment, and the key to it, go to the address that was
// configured.
func New(timeout time.Duration, transport *http.Transport) *Client {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: idleConns,
			IdleConnTimeout:     idleTimeout,
			TLSHandshakeTimeout: handshakeTime,
		}
	}
	return &Client{timeout: timeout, http: http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Reply is an HTTP answer that arrived completely.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes one exchange. The error wraps payment.ErrNotSent when no connection
// was ever obtained: the address, the connect or the TLS handshake failed, or
// time was up before. With any other error bytes may have left, and what the
// PSP did is unknown; the Reply holds what had arrived.
func (c *Client) Do(ctx context.Context, method string, target *url.URL, header http.Header, body []byte) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", payment.ErrNotSent, err)
	}
	req.GetBody = nil // one Do, one request: see the package comment
	if header != nil {
		req.Header = header
	}
	resp, err := c.http.Do(req)
	if err != nil {
		// A url.Error quotes the address, and addresses can hold tokens.
		var quoted *url.Error
		if errors.As(err, &quoted) {
			err = quoted.Err
		}
		if !connected.Load() {
			err = fmt.Errorf("%w: %w", payment.ErrNotSent, err)
		}
		return Reply{}, err
	}
	defer resp.Body.Close()
	r := Reply{Status: resp.StatusCode, Header: resp.Header}
	r.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err == nil && len(r.Body) > MaxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", MaxAnswer)
	}
	return r, err
}
