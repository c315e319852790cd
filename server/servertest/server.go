package servertest

import (
	"context"
	"testing"

	"github.com/checkstand/checkstand/server"
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
	plan := w.blueprint
	plan.PublicURL = originOf(ln)
	cfg := plan.configuration()
	if w.opts.Configure != nil {
		w.opts.Configure(cfg)
	}
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
	return &Server{World: w, App: app, BaseURL: plan.PublicURL}
}

// Agent makes an agent of this server.
func (s *Server) Agent(t testing.TB) *Agent {
	t.Helper()
	return s.World.Agent(t, s.BaseURL)
}
