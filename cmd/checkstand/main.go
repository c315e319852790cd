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
	exitFailed   = 1
	exitUsage    = 2
	exitDeclined = 3
)

// version is set by the linker of a release.
var version = ""

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit code, so that tests can call it.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var declined declinedError
	var usage usageError
	switch {
	case errors.As(err, &declined):
		return exitDeclined
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "%v\nSee '%s --help'.\n", err, usage.command)
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, err)
	return exitFailed
}

// usageError is a command line that cannot be understood.
type usageError struct {
	error
	command string
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "checkstand",
		Short: "Sell a shop's catalogue to AI agents",
		Long: `Checkstand is the merchant's side of agentic commerce: it sells a shop's
catalogue to any AI agent that speaks the Agentic Commerce Protocol, through
the shop's own payment provider.

Exit codes: 0 it worked, 1 it did not, 2 the command line is wrong,
3 a payment was declined.`,
		Example: `  checkstand demo                      a shop selling, on this machine
  checkstand import products.csv -c checkstand.yaml
  checkstand serve -c checkstand.yaml
  checkstand buy http://127.0.0.1:8080`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       buildVersion(),
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{err, c.CommandPath()} })
	root.AddCommand(newDemo(), newServe(), newInit(), newImport(), newKeys(), newBuy(), newSandbox(), newWebhooks(), newPayments(), newConfig(), newVersion())
	for _, c := range append(root.Commands(), subcommands(root)...) {
		asUsage(c)
	}
	return root
}

// asUsage makes a wrong number of arguments an error of usage.
func asUsage(c *cobra.Command) {
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{err, c.CommandPath()}
		}
		return nil
	}
}

func subcommands(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, c := range root.Commands() {
		all = append(all, c.Commands()...)
	}
	return all
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
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
