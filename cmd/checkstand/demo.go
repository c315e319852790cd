package main

import (
	"errors"
	"io"
	"strings"

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
sandbox payment provider, a receiver for the webhooks an agent gets, and the
simulator, which plays ChatGPT in a browser. It runs until it is interrupted.

Without --data nothing is kept afterwards. With it, a demo that is started again
has the keys, orders and stock that it had; files of --catalog are read again.`,
		Example: `  checkstand demo
  checkstand demo --catalog products.csv --currency eur
  checkstand demo --listen 127.0.0.1:0 --data ./demo-data --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			server.Tune()
			opts.Log = quietLogger(c.ErrOrStderr(), verbose)
			var faulty error
			opts.Imported = func(r server.IntakeReport) {
				if !asJSON && r.Format != "" {
					faulty = errors.Join(faulty, printReport(c.OutOrStdout(), r, takenIn))
				}
			}
			opts.Progress = progress(c)
			d, err := demo.Start(c.Context(), buildVersion(), opts)
			if err != nil {
				return inFlags(c, err)
			}
			defer func() { err = errors.Join(err, d.Close()) }()
			ready := func() error {
				if asJSON {
					return printJSON(c.OutOrStdout(), d.Info)
				}
				link := ""
				if d.Info.ItemID != "" {
					// Without a link everything else still works, and buying by
					// hand says what is wrong.
					var err error
					if link, err = d.CheckoutLink(c.Context()); err != nil {
						opts.Log.WarnContext(c.Context(), "no checkout page to show", "error", err)
					}
				}
				return printWalk(c.OutOrStdout(), d.Info, link, opts.Dir != "")
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

// printWalk tells where everything is, and how to buy by hand. Without a
// checkoutLink there is no page to show.
func printWalk(w io.Writer, i demo.Info, checkoutLink string, kept bool) error {
	p := printer{w: w}
	p.f("A shop with %s is selling at %s\n\n", count(i.Items, "item"), i.BaseURL)
	p.f("  Shop         %s/\n", i.BaseURL)
	p.f("  Simulator    %s   buy as in ChatGPT, in a browser\n", i.SimulatorURL)
	p.f("  Webhooks     %s   what the agent is told\n", strings.TrimSuffix(i.WebhookLogURL, "events"))
	p.f("  Sandbox PSP  %s\n", i.SandboxURL)
	p.f("  Agent's key  %s   at the shop\n", i.APIKey)
	p.f("               %s   at the sandbox\n", i.SandboxKey)
	if kept {
		p.f("  Data         %s\n\n", i.DataDir)
	} else {
		p.f("  Data         removed at the end; keep it with --data DIR\n\n")
	}
	if i.ItemID == "" {
		p.f("Nothing can be bought: no item is in stock with a price in %s. Give the prices' currency with --currency.\n\n", i.Currency)
	} else {
		p.f("Let an agent buy something, in another terminal:\n\n  %s buy %s\n\n", self(), i.BaseURL)
		if checkoutLink != "" {
			p.f("Or pay by yourself, on the page that an agent can send a buyer to. Open this link, good\nfor one browser ('%s buy --browser %s' prints another):\n\n  %s\n\n", self(), i.BaseURL, checkoutLink)
		}
		p.f("Look after what was bought, as a shop does (orders show, ship, refund …):\n\n  %s orders list -c %s\n\n", self(), i.Config)
		p.f("Or buy by hand; paste this into another terminal (it needs curl):\n\n%s\n", demo.Walk(i))
	}
	p.f("Stop with Ctrl-C.\n")
	return p.err
}
