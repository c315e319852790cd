package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/simulator"
)

// What the simulator is told by the environment.
const (
	envSimulateBearer = "CHECKSTAND_SIMULATE_BEARER"
	envSimulateToken  = "CHECKSTAND_SIMULATE_TOKEN"
)

// defaultMCP is the endpoint of a demo at its usual address.
const defaultMCP = "http://127.0.0.1:8080/mcp"

func newSimulate() *cobra.Command {
	var listen, psp string
	c := &cobra.Command{
		Use:   "simulate [MCP-URL]",
		Short: "Play ChatGPT in a browser, against any MCP server",
		Long: `Play ChatGPT in a browser, against any MCP server: its tools, its widgets in the
frames and under the content security policy of a host, and a payment sheet with
test cards. Nothing leaves this machine but calls of the server that is named.

With --sandbox the sheet gets its tokens from a sandbox payment provider, with
the agent's key in

  ` + envSandboxAgentKey + `

Without it the sheet pays with the sandbox's tokens that never change, or with
one of your provider's test tokens in

  ` + envSimulateToken + `

A server that asks for a bearer token gets the one in

  ` + envSimulateBearer,
		Example: `  checkstand simulate
  checkstand simulate https://shop.example.com/mcp
  ` + envSandboxAgentKey + `=… checkstand simulate --sandbox http://127.0.0.1:8090`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg := simulator.Config{MCPURL: defaultMCP, Version: buildVersion(), Bearer: secret.New(os.Getenv(envSimulateBearer)),
				Token: secret.New(os.Getenv(envSimulateToken)), Log: quietLogger(c.ErrOrStderr(), false)}
			if len(args) == 1 {
				cfg.MCPURL = args[0]
			}
			if psp != "" {
				cfg.PSP = simulator.PSP{URL: strings.TrimSuffix(psp, "/"), Key: secret.New(os.Getenv(envSandboxAgentKey))}
				if cfg.PSP.Key.IsZero() {
					return fmt.Errorf("--sandbox needs the agent's key: set %s", envSandboxAgentKey)
				}
			}
			s, err := simulator.New(cfg)
			if err != nil {
				return err
			}
			page, frame, err := listenSimulator(c.Context(), listen)
			if err != nil {
				return err
			}
			p := printer{w: c.OutOrStdout()}
			p.f("Open %s/ in a browser.\n\n  Trying       %s\n", simulator.Origin(page), cfg.MCPURL)
			if psp != "" {
				p.f("  Tokens from  %s\n", psp)
			}
			p.f("\nStop with Ctrl-C.\n")
			if p.err != nil {
				return p.err
			}
			return s.Serve(c.Context(), page, frame)
		},
	}
	f := c.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8085", "`HOST:PORT` of the page; port 0 picks a free one")
	f.StringVar(&psp, "sandbox", "", "`URL` of the sandbox payment provider that issues the sheet's tokens")
	return c
}

// listenSimulator takes the page's address and another one beside it, for the
// frame of a widget: another port is another origin.
func listenSimulator(ctx context.Context, address string) (page, frame net.Listener, err error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, nil, fmt.Errorf("--listen: %q is not a loopback address with a port, such as 127.0.0.1:8085", address)
	}
	if page, err = server.Listen(ctx, address, "--listen"); err != nil {
		return nil, nil, err
	}
	if frame, err = server.Listen(ctx, net.JoinHostPort(host, "0"), "--listen"); err != nil {
		_ = page.Close() // it never answered
		return nil, nil, err
	}
	return page, frame, nil
}
