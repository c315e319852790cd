package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
)

// core opens the shop's core over its store.
func (d *keyDesk) core(c *cobra.Command, do func(context.Context, *checkout.Service) error) error {
	return d.open(c, func(ctx context.Context) error {
		core, err := server.NewCore(d.cfg, d.store, operatorLogger(os.Stderr))
		if err != nil {
			return err
		}
		return do(ctx, core)
	})
}

func newPaymentsReconcile() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:   "reconcile ID",
		Short: "Ask the payment provider about an open payment, capture, void or refund now",
		Long: `Ask the payment provider about an open payment now, or about an open capture, void
or refund, and record what it says. A running server does the same by itself,
less often the longer it is open.`,
		Example: `  checkstand payments reconcile pay_01j8…
  checkstand payments reconcile op_01j8…`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if isOperation(args[0]) {
				return d.orders(c, func(ctx context.Context, s *order.Service) error {
					op, err := s.Ask(ctx, d.shop.ID, args[0], operatorName())
					if err != nil {
						return aboutOperation(err, args[0], d.shop.ID)
					}
					return printSettled(c, op)
				})
			}
			return d.core(c, func(ctx context.Context, core *checkout.Service) error {
				a, err := core.Ask(ctx, d.shop.ID, args[0], operatorName())
				if err != nil {
					return aboutPayment(err, args[0], d.shop.ID)
				}
				return printOutcome(c, a)
			})
		},
	}
	d.flags(c)
	return c
}

func newPaymentsSettle() *cobra.Command {
	var d keyDesk
	var charged, done string
	var notCharged, failed bool
	var by string
	c := &cobra.Command{
		Use:   "settle ID",
		Short: "Say what became of a payment, capture, void or refund that the provider would not tell about",
		Long: `Say what became of an open payment, capture, void or refund, after looking it up
at the payment provider yourself.

Of a payment say --charged, and the order is made and the agent told; or
--not-charged, and the stock is given back and the session can be paid again.
Of a capture, void or refund say --done or --failed.

This is recorded with your name and cannot be taken back.`,
		Example: `  checkstand payments settle pay_01j8… --charged ch_123
  checkstand payments settle pay_01j8… --not-charged --by "night shift"
  checkstand payments settle op_01j8… --done re_123
  checkstand payments settle op_01j8… --failed`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if isOperation(args[0]) {
				if (done == "") == !failed || charged != "" || notCharged {
					return usageError{errors.New("of a capture, void or refund say either --done ID or --failed"), c.CommandPath()}
				}
				return d.orders(c, func(ctx context.Context, s *order.Service) error {
					op, err := s.Decide(ctx, d.shop.ID, args[0], done != "", done, by)
					if err != nil {
						return aboutOperation(err, args[0], d.shop.ID)
					}
					return printSettled(c, op)
				})
			}
			if (charged == "") == !notCharged || done != "" || failed {
				return usageError{errors.New("of a payment say either --charged ID or --not-charged"), c.CommandPath()}
			}
			verdict := checkout.WasCharged
			if notCharged {
				verdict = checkout.NotCharged
			}
			return d.core(c, func(ctx context.Context, core *checkout.Service) error {
				a, err := core.Decide(ctx, d.shop.ID, args[0], verdict, charged, by)
				if err != nil {
					return aboutPayment(err, args[0], d.shop.ID)
				}
				return printOutcome(c, a)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&charged, "charged", "", "the provider's `ID` of the payment: it was charged, in full, or is held where the shop captures on shipment")
	f.BoolVar(&notCharged, "not-charged", false, "it was not charged and will not be")
	f.StringVar(&done, "done", "", "the provider's `ID` of the capture, void or refund, or of the payment where it has none: it was done")
	f.BoolVar(&failed, "failed", false, "the capture, void or refund was not done and will not be")
	byFlag(c, &by)
	return c
}

// byFlag adds the flag that names who does what a command does: whoever works at
// this terminal, when nothing is said.
func byFlag(c *cobra.Command, by *string) {
	*by = operatorName()
	c.Flags().Var((*operator)(by), "by", "`NAME` to record it under")
	c.Flags().Lookup("by").DefValue = "your user name"
}

// operator is the value of --by.
type operator string

func (o *operator) Set(name string) error {
	switch *o = operator(strings.TrimSpace(name)); {
	case *o == "":
		return errors.New("is empty; name who does this")
	case secret.HasCardNumber(name):
		return errors.New(secret.CardNumberFault + "; name who does this")
	}
	return nil
}

func (o *operator) String() string { return string(*o) }
func (o *operator) Type() string   { return "operator" }

// operatorName is who works at this terminal.
func operatorName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "operator"
}

func aboutPayment(err error, id, shop string) error {
	if errors.Is(err, checkout.ErrNotFound) {
		return fmt.Errorf("shop %s has no payment %s; 'checkstand payments open' lists the open ones", shop, id)
	}
	return fmt.Errorf("payment %s: %w", id, err)
}

func printOutcome(c *cobra.Command, a *payment.Attempt) error {
	p := printer{w: c.OutOrStdout()}
	p.f("Payment %s of session %s is %s.", a.ID, a.SessionID, a.State)
	switch {
	case a.State.Paid():
		p.f(" Order %s was made.", a.OrderID)
	case a.State.Live():
		p.f(" The provider has not told; it will be asked again.")
	default:
		p.f(" Nothing was charged; the session can be paid again.")
	}
	p.f("\n")
	return p.err
}

func isOperation(ref string) bool { return strings.HasPrefix(ref, id.Op+"_") }

func aboutOperation(err error, opID, shop string) error {
	if errors.Is(err, order.ErrNotFound) {
		return fmt.Errorf("shop %s has no operation %s; 'checkstand payments open' lists the open ones", shop, opID)
	}
	return fmt.Errorf("operation %s: %w", opID, err)
}

// printSettled says where an operation stands now.
func printSettled(c *cobra.Command, op *payment.Operation) error {
	p := printer{w: c.OutOrStdout()}
	p.f("The %s %s of %s, order %s, is %s.", op.Kind, op.ID, money.English(op.Amount, op.Currency), op.OrderID, op.State)
	switch {
	case op.State.Open():
		p.f(" The provider has not told; it will be asked again.")
	case op.State == payment.OpFailed:
		p.f(" It moved no money.")
	}
	p.f("\n")
	return p.err
}
