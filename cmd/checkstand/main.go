// Command checkstand sells a shop's catalogue to AI agents over the Agentic
// Commerce Protocol.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, as `checkstand --help` tells them.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitDeclined = 3
	exitFindings = 4
)

// version is set by the linker of a release.
var version = ""

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit code, so that tests can call it.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var declined declinedError
	var disagree disagreeError
	var unready unreadyError
	var usage usageError
	switch {
	case errors.As(err, &declined):
		return exitDeclined
	case errors.As(err, &disagree), errors.As(err, &unready):
		return exitFindings
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "Interrupted.")
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "%v\nSee '%s --help'.\n", err, usage.command)
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, err)
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "checkstand",
		Short: "Sell a shop's catalogue to AI agents",
		Long: `Checkstand is the merchant's side of agentic commerce: it sells a shop's
catalogue to any AI agent that speaks the Agentic Commerce Protocol, through
the shop's own payment provider.

Exit codes: 0 it worked, 1 it did not, 2 the command line is wrong,
3 a payment was not made, 4 a check was made and found something.`,
		Example: `  checkstand demo                       a shop selling, on this machine
  checkstand buy http://127.0.0.1:8080  an agent buying from it
  checkstand init                       a configuration to start from
  checkstand import products.csv        a catalogue goes in
  checkstand serve                      the server`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       buildVersion(),
	}
	root.AddCommand(newDemo(), newBuy(), newInit(), newConfig(), newImport(), newItems(), newApp(), newSandbox(), newSimulate(), newKeys(), newServe(),
		newWebhooks(), newSessions(), newOrders(), newPayments(), newBalances(), newDiscounts(), newCards(), newVersion())
	teachUsage(root)
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: `  checkstand version`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), buildVersion())
			return err
		},
	}
}

// buildVersion is the release's, or what the Go tool knows of the source.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
