package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// maxKey bounds --key, in bytes.
const maxKey = 255

// orderDesk is what every command that changes an order works with.
type orderDesk struct {
	keyDesk
	key, by string
	asJSON  bool
}

func (d *orderDesk) flags(c *cobra.Command) {
	d.keyDesk.flags(c)
	byFlag(c, &d.by)
	f := c.Flags()
	f.StringVar(&d.key, "key", "", "`KEY` that makes a repeat of this command harmless")
	f.BoolVar(&d.asJSON, "json", false, "print a JSON object")
}

// outcomeJSON is what --json prints.
type outcomeJSON struct {
	Order     string `json:"order"`
	Status    string `json:"status"`
	Operation string `json:"operation,omitempty"`
	Kind      string `json:"kind,omitempty"`
	State     string `json:"state,omitempty"`
	Amount    int64  `json:"amount,omitempty"` // minor units
	Currency  string `json:"currency,omitempty"`
	Ref       string `json:"reference,omitempty"` // the provider's
	Detail    string `json:"detail,omitempty"`
	Repeated  bool   `json:"repeated"`
}

// carryOut runs a command on an order and says what it came to. words says what
// became of the goods; nil where nothing did.
func (d *orderDesk) carryOut(c *cobra.Command, orderID string, words func(*order.Order) string, do func(context.Context, *order.Service, order.Command) (order.Outcome, error)) error {
	if len(d.key) > maxKey {
		return badFlag(c, "key", "has more than %d bytes", maxKey)
	}
	return d.orders(c, func(ctx context.Context, s *order.Service) error {
		out, err := do(ctx, s, order.Command{MerchantID: d.shop.ID, OrderID: orderID, Key: d.key, Who: "operator:" + d.by})
		if err != nil {
			return aboutOrder(err, orderID, d.shop.ID)
		}
		if d.asJSON {
			j := outcomeJSON{Order: out.Order.ID, Status: out.Order.Status, Repeated: out.Repeated}
			if op := out.Operation; op != nil {
				j.Operation, j.Kind, j.State, j.Amount, j.Currency, j.Ref, j.Detail =
					op.ID, string(op.Kind), string(op.State), op.Amount, op.Currency, op.OpRef, op.Decline
			}
			if err := printJSON(c.OutOrStdout(), j); err != nil {
				return err
			}
		} else if err := printOutcomeOf(c, out, words); err != nil {
			return err
		}
		return unlessDone(out.Operation)
	})
}

// past is what a move is called once it is made.
var past = map[payment.OpKind]string{payment.OpCapture: "Captured", payment.OpVoid: "Released", payment.OpRefund: "Refunded"}

// printOutcomeOf says what a command came to: the result first.
func printOutcomeOf(c *cobra.Command, out order.Outcome, words func(*order.Order) string) error {
	p := printer{w: c.OutOrStdout()}
	if out.Repeated {
		p.f("This was done before under the same key.\n")
	}
	if words != nil {
		p.f("%s\n", words(out.Order))
	}
	if op := out.Operation; op != nil {
		amount := money.English(op.Amount, op.Currency)
		switch op.State {
		case payment.OpDone:
			p.f("%s %s (%s).\n", past[op.Kind], amount, op.ID)
		case payment.OpPending:
			p.f("The provider has accepted the %s of %s (%s) and will say later what came of it.\n", op.Kind, amount, op.ID)
		}
	}
	p.f("Order %s is %s.\n", out.Order.ID, out.Order.Status)
	return p.err
}

// unlessDone is the error of a move that was not made, or of which that is not
// known.
func unlessDone(op *payment.Operation) error {
	switch {
	case op == nil || op.State == payment.OpDone || op.State == payment.OpPending:
		return nil
	case op.State == payment.OpFailed && op.Class == payment.ClassConfig:
		return fmt.Errorf("the provider refuses the shop's key or account, and the %s of %s was not made (%s).\nMend merchants[].payment, try 'checkstand config check', and give the command again",
			op.Kind, money.English(op.Amount, op.Currency), op.ID)
	case op.State == payment.OpFailed:
		reason := string(op.Class)
		if op.Decline != "" {
			reason += ", " + op.Decline
		}
		return fmt.Errorf("the provider did not make the %s of %s (%s); no money was moved by %s", op.Kind, money.English(op.Amount, op.Currency), reason, op.ID)
	case op.State == payment.OpSending && op.Class != "":
		why := "the provider could not be reached"
		if op.Class == payment.ClassRateLimited {
			why = "the provider takes no more requests at the moment"
		}
		return fmt.Errorf("%s, and the %s of %s (%s) has not been asked for yet.\nA running server does so as soon as it can; 'checkstand payments reconcile %s' tries now, and tells what is wrong",
			why, op.Kind, money.English(op.Amount, op.Currency), op.ID, op.ID)
	}
	return fmt.Errorf("the provider gave no clear answer: what became of the %s of %s is not known yet. It is made once at most.\nA running server asks until it is known; 'checkstand payments reconcile %s' asks now",
		op.Kind, money.English(op.Amount, op.Currency), op.ID)
}

// amountFlag reads an amount in the shop's currency; 0 when it is not given.
func (d *orderDesk) amountFlag(c *cobra.Command, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := money.Parse(text, d.shop.Currency)
	if err != nil || n <= 0 {
		return 0, badFlag(c, "amount", "%q is not an amount in %s, such as %s", text, d.shop.Currency, money.Decimal(1250, d.shop.Currency))
	}
	return n, nil
}

func newOrdersShip() *cobra.Command {
	var d orderDesk
	var parcel order.Parcel
	var lines []string
	var until string
	c := &cobra.Command{
		Use:   "ship ORDER",
		Short: "Note that goods have left the shop or can be fetched, and capture a payment that is only held",
		Long: `Note that goods have left the shop: everything that is left to send, or the lines
that --line names. What is picked up becomes ready to be fetched, a courier's
round is on its way, and a download is delivered, with --access-url or
--license-key. The agent is told, with the tracking. The first shipment captures
a payment that is only held.`,
		Example: `  checkstand orders ship ord_01j8… --carrier DHL --tracking-number 00340434161094042557
  checkstand orders ship ord_01j8… --line li_01j8…=2 --key shipment-4711
  checkstand orders ship ord_01j8… --access-url https://shop.example.com/downloads/4711 --access-until 2027-01-31T00:00:00Z`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			units, err := parseLines(c, lines)
			if err != nil {
				return err
			}
			if until != "" {
				if parcel.Access.ExpiresAt, err = time.Parse(time.RFC3339, until); err != nil {
					return badFlag(c, "access-until", "%q is not a time, such as 2027-01-31T00:00:00Z", until)
				}
			}
			return d.carryOut(c, args[0], handedOver, func(ctx context.Context, s *order.Service, cmd order.Command) (order.Outcome, error) {
				return s.Ship(ctx, cmd, units, parcel)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringArrayVar(&lines, "line", nil, "`LINE=QUANTITY` to ship, again for each line (LINE alone is one unit); all that is left when not given")
	f.StringVar(&parcel.Carrier, "carrier", "", "`NAME` of who carries it")
	f.StringVar(&parcel.TrackingNumber, "tracking-number", "", "`NUMBER` of the parcel")
	f.StringVar(&parcel.TrackingURL, "tracking-url", "", "`URL` where the buyer sees where it is")
	f.StringVar(&parcel.Access.AccessURL, "access-url", "", "`URL` where the buyer gets what is digital")
	f.StringVar(&parcel.Access.LicenseKey, "license-key", "", "`KEY` of what is digital; the agent is shown it")
	f.StringVar(&until, "access-until", "", "`TIME` until when the access is good")
	return c
}

// handedOver says what became of goods that have left.
func handedOver(o *order.Order) string {
	ready, sent := false, false
	for i := range o.Fulfillments {
		switch o.Fulfillments[i].Status {
		case "ready_for_pickup":
			ready = true
		case "shipped", "out_for_delivery":
			sent = true
		}
	}
	switch {
	case ready && sent:
		return "Shipped " + o.ID + ", and what is picked up is ready."
	case ready:
		return "Ready to be picked up: " + o.ID + "."
	case !sent:
		return "Handed over " + o.ID + "."
	}
	return "Shipped " + o.ID + "."
}

func newOrdersDeliver() *cobra.Command {
	var d orderDesk
	var delivery string
	c := &cobra.Command{
		Use:   "deliver ORDER",
		Short: "Note that goods have reached the buyer, or were fetched",
		Example: `  checkstand orders deliver ord_01j8…
  checkstand orders deliver ord_01j8… --delivery ful_01j8…`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.carryOut(c, args[0], func(o *order.Order) string { return "Delivered " + o.ID + "." }, func(ctx context.Context, s *order.Service, cmd order.Command) (order.Outcome, error) {
				return s.Deliver(ctx, cmd, delivery)
			})
		},
	}
	d.flags(c)
	c.Flags().StringVar(&delivery, "delivery", "", "`ID` of the delivery; all that are on their way when not given")
	return c
}

func newOrdersCapture() *cobra.Command {
	var d orderDesk
	var amount string
	c := &cobra.Command{
		Use:   "capture ORDER",
		Short: "Take the money that is held for an order",
		Long: `Take the money that is held for an order, all of it or --amount. The rest of the
hold is given back: there is one capture only. 'checkstand orders ship' does
this by itself.`,
		Example: `  checkstand orders capture ord_01j8…
  checkstand orders capture ord_01j8… --amount 12.50`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.carryOut(c, args[0], nil, func(ctx context.Context, s *order.Service, cmd order.Command) (order.Outcome, error) {
				minor, err := d.amountFlag(c, amount)
				if err != nil {
					return order.Outcome{}, err
				}
				return s.Capture(ctx, cmd, minor)
			})
		},
	}
	d.flags(c)
	c.Flags().StringVar(&amount, "amount", "", "`AMOUNT` in the shop's currency; all that is held when not given")
	return c
}

// reasonFlags add --reason and --note.
func reasonFlags(c *cobra.Command, r *order.Reason) {
	f := c.Flags()
	f.StringVar(&r.Code, "reason", "", "`REASON` for the provider's books: "+strings.Join(order.Reasons, ", "))
	f.StringVar(&r.Note, "note", "", "`TEXT` that says why; the agent is shown it")
}

func checkReason(c *cobra.Command, r order.Reason) error {
	if r.Code != "" && !slices.Contains(order.Reasons, r.Code) {
		return badFlag(c, "reason", "%q is not a reason; use %s, or say it with --note", r.Code, strings.Join(order.Reasons, ", "))
	}
	return checkNoCardNumber(c, "leave it out", "note")
}

func newOrdersCancel() *cobra.Command {
	var d orderDesk
	var reason order.Reason
	c := &cobra.Command{
		Use:   "cancel ORDER",
		Short: "Call an order off before it is shipped, and give the money back",
		Long: `Call an order off before anything of it was shipped. Money that is held is
released, money that was captured is refunded in full, and the agent is told.
When that is done the stock that the order took and the uses of its discounts are
given back; stock that an import has counted since the sale is left as it is.`,
		Example: `  checkstand orders cancel ord_01j8… --note "sold out"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkReason(c, reason); err != nil {
				return err
			}
			return d.carryOut(c, args[0], nil, func(ctx context.Context, s *order.Service, cmd order.Command) (order.Outcome, error) {
				return s.Cancel(ctx, cmd, reason)
			})
		},
	}
	d.flags(c)
	reasonFlags(c, &reason)
	return c
}

func newOrdersRefund() *cobra.Command {
	var d orderDesk
	var amount string
	var lines []string
	var reason order.Reason
	c := &cobra.Command{
		Use:   "refund ORDER",
		Short: "Give money back: an amount, or the price of some lines",
		Long: `Give money back: --amount, or the price of the units that --line names, with tax
and their share of discounts. Units that have not been shipped are not sent any
more. While the money is only held nothing has to go back: the capture will
take that much less.`,
		Example: `  checkstand orders refund ord_01j8… --amount 12.50 --reason requested_by_customer
  checkstand orders refund ord_01j8… --line li_01j8…=1 --note "one arrived broken" --key ticket-4711`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if (amount == "") == (len(lines) == 0) {
				return usageError{fmt.Errorf("say either --amount AMOUNT or --line LINE=QUANTITY"), c.CommandPath()}
			}
			units, err := parseLines(c, lines)
			if err != nil {
				return err
			}
			if err := checkReason(c, reason); err != nil {
				return err
			}
			return d.carryOut(c, args[0], nil, func(ctx context.Context, s *order.Service, cmd order.Command) (order.Outcome, error) {
				minor, err := d.amountFlag(c, amount)
				if err != nil {
					return order.Outcome{}, err
				}
				return s.Refund(ctx, cmd, minor, units, reason)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&amount, "amount", "", "`AMOUNT` in the shop's currency")
	f.StringArrayVar(&lines, "line", nil, "`LINE=QUANTITY` to refund, again for each line (LINE alone is one unit)")
	reasonFlags(c, &reason)
	return c
}
