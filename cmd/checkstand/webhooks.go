package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func newWebhooks() *cobra.Command {
	c := &cobra.Command{Use: "webhooks", Short: "Look after webhooks that could not be delivered, and try them out",
		Example: `  checkstand webhooks parked`}
	c.AddCommand(newWebhooksParked(), newWebhooksReplay(), newWebhooksListen())
	return c
}

// maxParked bounds the list; those that are replayed make room for others.
const maxParked = 200

func newWebhooksParked() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:     "parked",
		Short:   "List deliveries that were given up",
		Example: `  checkstand webhooks parked`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c, func(ctx context.Context) error {
				jobs, err := d.store.Parked(ctx, d.shop.ID, maxParked)
				if err != nil {
					return err
				}
				if len(jobs) == 0 {
					_, err := fmt.Fprintln(c.OutOrStdout(), "Nothing is parked.")
					return err
				}
				tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				p := printer{w: tw}
				p.f("JOB\tORDER\tTRIES\tPARKED\tREASON\n")
				for _, j := range jobs {
					p.f("%s\t%s\t%d\t%s\t%s\n", j.ID, j.OrderKey, j.Attempt, j.ParkedAt.UTC().Format(time.DateTime), j.LastError)
				}
				return errors.Join(p.err, tw.Flush())
			})
		},
	}
	d.flags(c)
	return c
}

func newWebhooksReplay() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:     "replay JOB",
		Short:   "Deliver a parked webhook again",
		Example: `  checkstand webhooks replay job_01j8…`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				ok, err := d.store.Replay(ctx, args[0], time.Now())
				if err != nil {
					return err
				}
				if !ok {
					return fmt.Errorf("no job %s is parked; 'checkstand webhooks parked' lists them", args[0])
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "Job %s is due again; a running server delivers it.\n", args[0])
				return err
			})
		},
	}
	d.flags(c)
	return c
}
