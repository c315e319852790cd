package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/demo"
	"github.com/checkstand/checkstand/server"
)

func newDemo() *cobra.Command {
	opts := demo.Options{}
	var asJSON, verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a shop that sells, on this machine, without any configuration",
		Long: `Run a whole shop on loopback: the server with a demo catalogue or your own, the
sandbox payment provider, and a receiver for the webhooks an agent gets. It
runs until it is interrupted.

Without --data nothing is kept afterwards.`,
		Example: `  checkstand demo
  checkstand demo --catalog products.csv --currency eur
  checkstand demo --listen 127.0.0.1:0 --data ./demo-data --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			opts.Log = quietLogger(c.ErrOrStderr(), verbose)
			var faulty error
			opts.Imported = func(r server.IntakeReport) {
				if !asJSON {
					faulty = errors.Join(faulty, printReport(c.OutOrStdout(), r, false))
				}
			}
			d, err := demo.Start(c.Context(), buildVersion(), opts)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, d.Close()) }()
			ready := func() error {
				if asJSON {
					return printJSON(c.OutOrStdout(), d.Info)
				}
				return printWalk(c.OutOrStdout(), d.Info)
			}
			return errors.Join(faulty, d.Run(c.Context(), ready))
		},
	}
	f := c.Flags()
	f.StringVar(&opts.Listen, "listen", "127.0.0.1:8080", "`HOST:PORT` of the shop; port 0 picks a free one")
	f.StringVar(&opts.Dir, "data", "", "`DIR` to keep everything in (default: a directory that is removed at the end)")
	f.StringArrayVar(&opts.Catalogs, "catalog", nil, "`FILE` to sell instead of the demo shop; may be given several times")
	f.StringVar(&opts.Database, "database", "", "`URL` of a database: postgres://… or a SQLite path (default: a file in the data directory)")
	f.StringVar(&opts.Currency, "currency", "usd", "`CODE` of the shop's currency")
	f.BoolVar(&asJSON, "json", false, "print one line of JSON once everything answers")
	f.BoolVarP(&verbose, "verbose", "v", false, "log every request")
	return c
}

// printWalk tells where everything is, and how to buy by hand.
func printWalk(w io.Writer, i demo.Info) error {
	_, err := fmt.Fprintf(w, `A shop with %d items is selling at %s

  Shop           %s
  API key        %s
  Sandbox PSP    %s   (key %s)
  Webhooks       %s
  Discovery      %s/.well-known/acp.json

Let an agent buy something, in another terminal:

  checkstand buy %s          (or: go run ./cmd/checkstand buy %s)

Or buy step by step with curl:

%s
Stop with Ctrl-C.
`, i.Items, i.BaseURL, i.BaseURL, i.APIKey, i.SandboxURL, i.SandboxKey, i.WebhookLogURL[:len(i.WebhookLogURL)-len("events")], i.BaseURL,
		i.BaseURL, i.BaseURL, demo.Walk(i))
	return err
}
