package servertest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
)

// Server is a server in the test's own process.
type Server struct {
	*World
	App     *server.App
	BaseURL string
}

// Start runs a server in this process. It ends with the test, after requests
// and jobs in flight.
func (w *World) Start(t testing.TB) *Server {
	t.Helper()
	ln := listen(t)
	cfg := w.configuration(originOf(ln))
	app, err := server.New(t.Context(), cfg, server.Options{Log: w.opts.Log, OnStep: w.opts.OnStep})
	if err != nil {
		closed(t, ln)
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- app.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closed(t, app)
	})
	return &Server{World: w, App: app, BaseURL: cfg.PublicURL}
}

// configuration is that of a server at an address, in this process.
func (w *World) configuration(publicURL string) *config.Config {
	plan := w.blueprint
	plan.PublicURL = publicURL
	cfg := plan.configuration()
	if w.opts.Configure != nil {
		w.opts.Configure(cfg)
	}
	return cfg
}

// Operator is what an operator's commands work with, beside the server.
func (s *Server) Operator(t testing.TB) *checkout.Service {
	t.Helper()
	core, err := server.NewCore(s.configuration(s.BaseURL), s.Store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// Agent makes an agent of this server.
func (s *Server) Agent(t testing.TB) *Agent {
	t.Helper()
	return s.World.Agent(t, s.BaseURL)
}

// Desk is what the comparison with the PSP's list is made at, beside the
// server, by a clock that is that much ahead: what has moved in the last
// minutes is not judged.
func (s *Server) Desk(t testing.TB, ahead time.Duration) *server.Desk {
	t.Helper()
	desk, err := server.NewDesk(s.configuration(s.BaseURL), s.Store, func() time.Time { return time.Now().Add(ahead) })
	if err != nil {
		t.Fatal(err)
	}
	return desk
}
