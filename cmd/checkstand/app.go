package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/review"
)

func newApp() *cobra.Command {
	c := &cobra.Command{
		Use:     "app",
		Short:   "Prepare the app for ChatGPT",
		Example: `  checkstand app check`,
	}
	c.AddCommand(newAppCheck())
	return c
}

// unreadyError is the outcome of a check that was made and found that
// something is missing.
type unreadyError struct{ error }

func newAppCheck() *cobra.Command {
	var d keyDesk
	var asJSON, probe bool
	var timeout time.Duration
	var file string
	c := &cobra.Command{
		Use:   "check",
		Short: "Tell what the review of the store asks for, and what is missing",
		Long: `Hold the configuration, the app's tools and the catalogue against what the review
of a ChatGPT app asks for. What is missing is listed with what to do, then what is
there, and what only a person can say. After that comes what goes into the form:
each tool's hints with the reason for each, and test cases made of what the shop
sells.

With --probe the public address is asked too, as the store will ask it: the
domain verification, the tools, the widget, the pages, the sign-in. Without it
nothing but the database is asked.

The exit code is 4 when something is missing, so that a script can tell.`,
		Example: `  checkstand app check
  checkstand app check --probe
  checkstand app check --submission chatgpt-app-submission.json
  checkstand app check --merchant shop --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if timeout <= 0 || timeout > maxProbe {
				return badFlag(c, "timeout", "%v is outside its bounds; use a duration up to %v", timeout, maxProbe)
			}
			return d.open(c, func(ctx context.Context) error {
				if d.cfg.PublicURL == "" {
					d.cfg.PublicURL = "http://" + d.cfg.Listen
				}
				in := review.Input{Config: d.cfg, Catalogue: d.store, Now: time.Now(),
					Shop: slices.IndexFunc(d.cfg.Merchants, func(m config.MerchantConfig) bool { return m.ID == d.shop.ID })}
				if probe {
					in.Probe = &review.Prober{Timeout: timeout}
				}
				var err error
				if in.Listing, err = server.Listing(d.cfg, in.Shop); err != nil {
					return err
				}
				report, err := review.Check(ctx, in)
				if err != nil {
					return err
				}
				if file != "" {
					if err := writeSubmission(c, file, report); err != nil {
						return err
					}
				}
				return printReview(c, report, asJSON)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	f.BoolVar(&probe, "probe", false, "ask the public address too")
	f.DurationVar(&timeout, "timeout", review.DefaultProbeTimeout, "how long one answer of --probe may take")
	f.StringVar(&file, "submission", "", "write the `FILE` that the form fills itself in from; one that exists is replaced")
	return c
}

// maxProbe is the longest wait for one answer.
const maxProbe = 5 * time.Minute

func printReview(c *cobra.Command, r *review.Report, asJSON bool) error {
	var err error
	if asJSON {
		err = printJSON(c.OutOrStdout(), r)
	} else {
		err = review.WriteText(c.OutOrStdout(), r)
	}
	if err != nil {
		return err
	}
	if !r.Ready {
		return unreadyError{errors.New("the app is not ready to be submitted")}
	}
	return nil
}

// writeSubmission writes the file for the form.
func writeSubmission(c *cobra.Command, path string, r *review.Report) error {
	text, err := json.MarshalIndent(r.Submission(), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("--submission: %w", err)
	}
	c.PrintErrf("Wrote %s.\n", path)
	return nil
}
