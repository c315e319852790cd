package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/webhook/receiver"
)

// Time limits of a receiver of webhooks.
const (
	receiverHeaderTimeout = 5 * time.Second
	receiverReadTimeout   = 10 * time.Second
	receiverIdleTimeout   = time.Minute
)

// receiverDesk is what the command webhooks listen was told.
type receiverDesk struct{ path, merchant, agent, listen string }

func newWebhooksListen() *cobra.Command {
	var d receiverDesk
	c := &cobra.Command{
		Use:   "listen",
		Short: "Take webhooks in as an agent does, and show them",
		Long: `Take webhooks in as an agent does: check their signatures with the secret of the
configuration, answer, and show them on a page and as JSON. It is for trying
out on this machine; nothing is kept afterwards.`,
		Example: `  checkstand webhooks listen
  checkstand webhooks listen --agent chatgpt --listen 127.0.0.1:8091`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return d.run(c) },
	}
	configFlag(c, &d.path)
	f := c.Flags()
	f.StringVar(&d.merchant, "merchant", "", "`ID` of the shop, if there are several")
	f.StringVar(&d.agent, "agent", "", "`NAME` of the agent, if there are several")
	f.StringVar(&d.listen, "listen", "", "`HOST:PORT` on this machine; port 0 picks a free one (default: that of the agent's webhook)")
	return c
}

func (d *receiverDesk) run(c *cobra.Command) error {
	cfg, err := loadConfig(c, d.path)
	if err != nil {
		return err
	}
	shop, err := chooseMerchant(cfg, d.merchant)
	if err != nil {
		return err
	}
	agent, err := chooseAgent(shop, d.agent)
	if err != nil {
		return err
	}
	at, err := url.Parse(agent.Webhook.URL)
	if err != nil {
		return fmt.Errorf("webhook of agent %s: %w", agent.Name, err)
	}
	if d.listen == "" {
		d.listen = at.Host
	}
	if host, _, err := net.SplitHostPort(d.listen); err != nil || !loopback(host) {
		return badFlag(c, "listen", "%q is not an address of this machine with a port, such as 127.0.0.1:8091; whoever can reach a receiver can read what came", d.listen)
	}
	log := quietLogger(c.ErrOrStderr(), true)
	r, err := receiver.New(receiver.Config{Secret: agent.Webhook.Secret, Header: agent.Webhook.Header, Log: log})
	if err != nil {
		return err
	}
	ln, err := server.Listen(c.Context(), d.listen, "--listen")
	if err != nil {
		return err
	}
	p := printer{w: c.OutOrStdout()}
	origin := "http://" + ln.Addr().String()
	p.f("The webhooks of agent %s are taken in at %s%s\n\n", agent.Name, origin, at.Path)
	p.f("  What came  %s/\n  As JSON    %s/events\n\nStop with Ctrl-C.\n", origin, origin)
	if p.err != nil {
		return errors.Join(p.err, ln.Close())
	}
	srv := &http.Server{Handler: receivingAt(at.Path, r), ReadHeaderTimeout: receiverHeaderTimeout, ReadTimeout: receiverReadTimeout, IdleTimeout: receiverIdleTimeout}
	stop := context.AfterFunc(c.Context(), func() { _ = srv.Close() }) // the shop tells again what is cut off
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// receivingAt has events taken in below another path than the receiver's own.
func receivingAt(path string, r *receiver.Receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost && req.URL.Path == path {
			req.URL.Path = receiver.Path
		}
		r.ServeHTTP(w, req)
	})
}

// chooseAgent finds the agent with a webhook that a command is for.
func chooseAgent(shop *config.MerchantConfig, name string) (*config.AgentConfig, error) {
	var with []*config.AgentConfig
	var names []string
	for i := range shop.Agents {
		if a := &shop.Agents[i]; !a.Webhook.IsZero() {
			with, names = append(with, a), append(names, a.Name)
		}
	}
	switch i := slices.Index(names, name); {
	case i >= 0:
		return with[i], nil
	case len(with) == 0:
		return nil, fmt.Errorf("shop %s has no agent with a webhook; describe one under agents", shop.ID)
	case name != "":
		return nil, fmt.Errorf("--agent: shop %s has no agent %q with a webhook; it has %s", shop.ID, name, strings.Join(names, ", "))
	case len(with) > 1:
		return nil, fmt.Errorf("shop %s has %d agents with webhooks; choose one with --agent: %s", shop.ID, len(with), strings.Join(names, ", "))
	}
	return with[0], nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
