// Package simulator plays ChatGPT in a browser, for trying an MCP server
// without ChatGPT: its tools, its widgets in frames as a host has them, and a
// payment sheet with test cards. It needs no model and no account, and listens
// on loopback addresses alone.
//
// It has two origins. One is the page and what the page asks for; the other is
// nothing but the frame that stands between the page and a widget, so that a
// widget can reach neither.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/secret"
)

// Config says what is tried. All fields but MCPURL are optional.
type Config struct {
	MCPURL string        // of the server's Streamable HTTP endpoint; nothing else is called
	Bearer secret.String // sent with every call, for servers that ask for one
	// PSP issues the tokens of the payment sheet. Without one the sheet pays
	// with tokens that never change.
	PSP PSP
	// Token is what the sheet pays with where PSP is not set, in place of the
	// sandbox PSP's.
	Token   secret.String
	Version string // of this program, for servers to see
	Now     func() time.Time
	Log     *slog.Logger
}

// PSP is a provider that takes cards by ACP's delegate_payment: the sandbox.
type PSP struct {
	URL string
	Key secret.String // the agent's
}

// Simulator is a simulator of one MCP server.
type Simulator struct {
	Config
	server *url.URL
	http   *http.Client
	agent  *client.Client // nil without a PSP
	record record
	page   []byte
	policy string // of the page
	frame  []byte
}

// New makes a simulator. The error says which setting is wrong.
func New(c Config) (*Simulator, error) {
	at, err := url.Parse(c.MCPURL)
	if err != nil || at.Host == "" || at.User != nil || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of an MCP server; write one such as http://127.0.0.1:8080/mcp", c.MCPURL)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Simulator{Config: c, server: at}
	// A redirect would lead to a server that nobody named.
	s.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if c.PSP.URL != "" {
		// Only the PSP is called with it; a shop's address and key are never used.
		if s.agent, err = client.New(client.Config{BaseURL: c.PSP.URL, APIKey: c.PSP.Key, Version: acp.V20260417}); err != nil {
			return nil, fmt.Errorf("the sandbox: %w", err)
		}
	}
	return s, nil
}

// Time limits of the two servers. Answers have none: a tool may take long.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = time.Minute
	grace         = 2 * time.Second // for answers in flight when it stops
)

// Serve answers on two listeners of loopback addresses until ctx ends, and
// closes both: page is where a person looks, frame is the other origin.
func (s *Simulator) Serve(ctx context.Context, page, frame net.Listener) error {
	for _, ln := range []net.Listener{page, frame} {
		if a, ok := ln.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
			return errors.Join(fmt.Errorf("%s is not a loopback address: the simulator stays on this machine", ln.Addr()), page.Close(), frame.Close())
		}
	}
	if err := s.prepare(Origin(page), Origin(frame)); err != nil {
		return errors.Join(err, page.Close(), frame.Close())
	}
	servers := []*http.Server{
		{Handler: only(page.Addr().String(), s.pageRoutes(Origin(page), Origin(frame)))},
		{Handler: only(frame.Addr().String(), s.frameRoutes(Origin(page)))},
	}
	group, serving := errgroup.WithContext(ctx)
	for i, ln := range []net.Listener{page, frame} {
		srv := servers[i]
		srv.ReadHeaderTimeout, srv.IdleTimeout = headerTimeout, idleTimeout
		group.Go(func() error {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	group.Go(func() error {
		<-serving.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		var errs []error
		for _, srv := range servers {
			if srv.Shutdown(end) != nil {
				errs = append(errs, srv.Close()) // a call that still runs is given up
			}
		}
		s.http.CloseIdleConnections()
		return errors.Join(errs...)
	})
	return group.Wait()
}

// Origin is the origin that a listener's pages have, such as
// http://127.0.0.1:8085.
func Origin(ln net.Listener) string { return "http://" + ln.Addr().String() }
