package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

func newSandbox() *cobra.Command {
	var listen, data string
	var merchants []string
	var slow time.Duration
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the sandbox payment provider by itself",
		Long: `Run the sandbox payment provider by itself: delegate payment, charges and a
ledger, with test cards that decide the outcome. It keeps its own file, so that
it outlives the shop. The keys are read from the environment:

  CHECKSTAND_TEST_SANDBOX_AGENT_KEY   the agent's, for delegate_payment
  CHECKSTAND_TEST_SANDBOX_SHOP_KEY    the shop's, for charges and the ledger`,
		Example: `  CHECKSTAND_TEST_SANDBOX_AGENT_KEY=… CHECKSTAND_TEST_SANDBOX_SHOP_KEY=… \
    checkstand sandbox --listen 127.0.0.1:8090 --data sandbox.db --merchant acct_test`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			ctx := c.Context()
			psp, err := sandbox.Open(ctx, sandbox.Config{Path: data, MerchantIDs: merchants, Name: "sandbox", Now: time.Now, SlowAnswer: slow,
				AgentKey:    secret.New(os.Getenv("CHECKSTAND_TEST_SANDBOX_AGENT_KEY")),
				MerchantKey: secret.New(os.Getenv("CHECKSTAND_TEST_SANDBOX_SHOP_KEY")),
				Log:         quietLogger(c.ErrOrStderr(), false)})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, psp.Close()) }()
			var lc net.ListenConfig
			ln, err := lc.Listen(ctx, "tcp", listen)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(c.OutOrStdout(), "The sandbox takes payments at http://%s\n", ln.Addr()); err != nil {
				return errors.Join(err, ln.Close())
			}
			srv := psp.Server()
			stop := context.AfterFunc(ctx, func() {
				grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				defer cancel()
				if srv.Shutdown(grace) != nil {
					_ = srv.Close() // what is left is finished by the next Open
				}
			})
			defer stop()
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8090", "`HOST:PORT`; port 0 picks a free one")
	f.StringVar(&data, "data", "sandbox.db", "`FILE` to keep tokens and charges in")
	f.StringSliceVar(&merchants, "merchant", []string{"acct_test"}, "`ID` of a shop's account; may be given several times")
	f.DurationVar(&slow, "slow-answer", sandbox.DefaultSlow, "how long the slow test card takes")
	return c
}
