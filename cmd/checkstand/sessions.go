package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
)

// sessionStates are those that a session can be written with.
var sessionStates = []string{string(acp.NotReadyForPayment), string(acp.ReadyForPayment), string(acp.AuthenticationRequired),
	string(acp.PendingApproval), string(acp.CompleteInProgress), string(acp.Completed), string(acp.Canceled)}

func newSessions() *cobra.Command {
	c := &cobra.Command{Use: "sessions", Short: "List checkout sessions, show what only the shop knows of one, and approve purchase orders",
		Example: `  checkstand sessions list --status canceled --json
  checkstand sessions show cs_01j8…`}
	c.AddCommand(newSessionsList(), newSessionsShow(), newSessionsDecide(true), newSessionsDecide(false))
	return c
}

func newSessionsList() *cobra.Command {
	var l listing
	var status string
	c := &cobra.Command{
		Use:   "list",
		Short: "List checkout sessions, the newest first",
		Long: `List checkout sessions, the newest first. With --json each is one object of what
only the shop knows: consents to marketing, affiliates with their tokens, and why
a buyer did not buy. Nothing of that is in any answer or webhook.`,
		Example: `  checkstand sessions list
  checkstand sessions list --mode live --status canceled --json
  checkstand sessions list --before cs_01j8…`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if status != "" && !slices.Contains(sessionStates, status) {
				return badFlag(c, "status", "%q is not a status; use %s", status, strings.Join(sessionStates, ", "))
			}
			return listedSessions.show(c, &l, func(ctx context.Context, live bool) ([]checkout.Session, error) {
				return l.store.ListSessions(ctx, l.shop.ID, live, acp.Status(status), l.from, l.limit)
			})
		},
	}
	l.flags(c, "sessions", "session", "sessions", "before", "a session, with all that the shop knows")
	c.Flags().StringVar(&status, "status", "", "only those with this `STATUS`")
	return c
}

var listedSessions = listed[checkout.Session]{
	none: "No sessions", head: "SESSION\tSTATUS\tTOTAL\tAGENT\tCHANGED",
	row: func(p *printer, s *checkout.Session) {
		p.f("%s\t%s\t%s\t%s\t%s\n", s.ID, s.Status, money.English(s.Total(), s.Currency), s.Agent, s.UpdatedAt.UTC().Format(time.DateTime))
	},
	json: func(s *checkout.Session) any { return s.Facts() },
	id:   func(s *checkout.Session) string { return s.ID },
}

func newSessionsShow() *cobra.Command {
	var d keyDesk
	var asJSON bool
	c := &cobra.Command{
		Use:   "show SESSION",
		Short: "Show what only the shop knows of a checkout session",
		Long: `Show what only the shop knows of a checkout session: what the buyer consented to,
which affiliates claim it, why the buyer did not buy. The tokens of affiliates
are shown with --json alone.`,
		Example: `  checkstand sessions show cs_01j8…
  checkstand sessions show cs_01j8… --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				s, err := d.store.Reader(ctx).Session(d.shop.ID, args[0])
				if err != nil {
					return aboutSession(err, args[0], d.shop.ID)
				}
				f := s.Facts()
				if asJSON {
					return printJSON(c.OutOrStdout(), f)
				}
				p := printer{w: c.OutOrStdout()}
				p.f("Session %s is %s: %s, through %s.\n", f.Session, f.Status, money.English(s.Total(), s.Currency), f.Agent)
				if f.Order != "" {
					p.f("Order: %s\n", f.Order)
				}
				printFacts(&p, f)
				return p.err
			})
		},
	}
	d.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print all of it as JSON, tokens of affiliates too")
	return c
}

// printFacts prints what the shop alone knows, but for what are secrets.
func printFacts(p *printer, f checkout.Facts) {
	if po := f.PurchaseOrder; po != nil {
		p.f("Purchase order: %s of customer %s, %s, due %s", po.Number, po.CustomerID, po.Terms, po.DueDate.UTC().Format(time.DateOnly))
		switch {
		case po.ApprovedBy != "":
			p.f(", approved by %s", po.ApprovedBy)
		case po.RefusedBy != "":
			p.f(", refused by %s", po.RefusedBy)
		}
		p.f("\n")
	}
	if b := f.Buyer; b != nil && b.Company != nil {
		p.f("Company: %s", b.Company.Name)
		for _, part := range []struct{ name, value string }{{"tax id", b.Company.TaxID}, {"department", b.Company.Department}, {"cost center", b.Company.CostCenter}} {
			if part.value != "" {
				p.f(", %s %s", part.name, part.value)
			}
		}
		p.f("\n")
	}
	if f.GiftWrap != nil {
		p.f("Gift wrap: yes%s\n", strings.TrimRight(", "+f.GiftWrap.Style, ", "))
	}
	if f.Terms != nil {
		p.f("Terms accepted: %s on the checkout page, %s\n", f.Terms.At.UTC().Format(time.DateTime), f.Terms.URL)
	}
	for _, consent := range f.Consents {
		answer := "no"
		if consent.OptedIn {
			answer = "yes"
		}
		p.f("Marketing by %s to %s: %s, %s through %s, to %q\n", consent.Channel, consent.Contact, answer,
			consent.At.UTC().Format(time.DateTime), consent.Agent, consent.Text)
	}
	for _, touch := range []struct {
		name string
		*acp.Attribution
	}{{"First touch", f.FirstTouch}, {"Last touch", f.LastTouch}} {
		if touch.Attribution == nil {
			continue
		}
		p.f("%s: %s", touch.name, touch.Provider)
		for _, part := range []struct{ name, value string }{{"publisher", touch.PublisherID}, {"campaign", touch.CampaignID},
			{"creative", touch.CreativeID}, {"sub id", touch.SubID}} {
			if part.value != "" {
				p.f(", %s %s", part.name, part.value)
			}
		}
		if touch.Token != "" {
			p.f(", with a token")
		}
		p.f("\n")
	}
	if f.Intent != nil {
		p.f("Not bought because of: %s", f.Intent.ReasonCode)
		if f.Intent.TraceSummary != "" {
			p.f(" (%s)", f.Intent.TraceSummary)
		}
		p.f("\n")
	}
}

// aboutSession says which session an error is about.
func aboutSession(err error, sessionID, shop string) error {
	if errors.Is(err, checkout.ErrNotFound) {
		return fmt.Errorf("shop %s has no session %s; 'checkstand sessions list' lists them", shop, sessionID)
	}
	return fmt.Errorf("session %s: %w", sessionID, err)
}

// notPending says what a session is that waits for no approval, so that whoever
// decides twice sees what became of it the first time.
func (d *keyDesk) notPending(ctx context.Context, sessionID string) error {
	s, err := d.store.Reader(ctx).Session(d.shop.ID, sessionID)
	if err != nil {
		return aboutSession(err, sessionID, d.shop.ID)
	}
	if f := s.Facts(); f.Order != "" {
		return fmt.Errorf("session %s does not wait for approval: it is %s, with order %s", sessionID, f.Status, f.Order)
	}
	return fmt.Errorf("session %s does not wait for approval: it is %s", sessionID, s.Facts().Status)
}

// newSessionsDecide makes the command that approves, or the one that refuses.
func newSessionsDecide(yes bool) *cobra.Command {
	var d keyDesk
	var by string
	c := &cobra.Command{
		Use:   "approve SESSION",
		Short: "Approve a purchase order: the session becomes an order",
		Long: `Approve a purchase order that waits for it. The session becomes an order, the goods
are taken out of stock, and the agent is told by its webhook. Nothing is charged:
the shop sends the invoice.`,
		Example: `  checkstand sessions list --status pending_approval
  checkstand sessions approve cs_01j8…`,
		Args: cobra.ExactArgs(1),
	}
	if !yes {
		c.Use, c.Short = "refuse SESSION", "Refuse a purchase order: the session can be paid in another way"
		c.Long = `Refuse a purchase order that waits for approval. The session is ready for payment
again, in another way.`
		c.Example = `  checkstand sessions refuse cs_01j8… --by "night shift"`
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		return d.core(c, func(ctx context.Context, core *checkout.Service) error {
			decide := core.Approve
			if !yes {
				decide = core.Refuse
			}
			s, err := decide(ctx, d.shop.ID, args[0], by)
			if errors.Is(err, checkout.ErrNotPending) {
				return d.notPending(ctx, args[0])
			}
			if err != nil {
				return aboutSession(err, args[0], d.shop.ID)
			}
			p := printer{w: c.OutOrStdout()}
			p.f("Session %s is %s.", s.ID, s.Status)
			if s.Order != nil {
				p.f(" Order %s was made.", s.Order.ID)
			}
			p.f("\n")
			return p.err
		})
	}
	d.flags(c)
	byFlag(c, &by)
	return c
}
