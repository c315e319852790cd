package checkout

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// sell makes the order of a paid session, takes the goods out of stock and
// queues the webhook, all in the caller's transaction. a is nil when nothing
// had to be paid.
func (s *Service) sell(tx Tx, m *Merchant, sess *Session, a *payment.Attempt, now time.Time) error {
	orderID, attemptID := id.New(id.Order, now), ""
	if a != nil {
		orderID, attemptID = a.OrderID, a.ID
	}
	o := &order.Order{
		Order: acp.Order{Type: "order", ID: orderID, CheckoutSessionID: sess.ID, PermalinkURL: m.BaseURL + "/orders/" + orderID,
			OrderNumber: orderNumber(orderID, tx.Run()), Status: "confirmed", Totals: sess.Totals, Locale: m.texts(sess).Locale()},
		MerchantID: sess.MerchantID, Agent: sess.Agent, Live: sess.Live, APIVersion: sess.APIVersion, AttemptID: attemptID,
		Currency: sess.Currency, Total: sess.Total(), CreatedAt: now,
	}
	o.LineItems = make([]acp.OrderLineItem, len(sess.LineItems))
	for i := range sess.LineItems {
		l := &sess.LineItems[i]
		subtotal, _ := acp.Amount(l.Totals, acp.TotalSubtotal)
		ol := acp.OrderLineItem{ID: l.ID, Title: l.Name, ProductID: l.ProductID, Status: "processing",
			Quantity: acp.OrderQuantity{Ordered: l.Quantity, Current: l.Quantity}, UnitPrice: l.UnitAmount, Subtotal: &subtotal, Totals: l.Totals}
		if len(l.Images) > 0 {
			ol.ImageURL = l.Images[0]
		}
		o.LineItems[i] = ol
	}
	o.Fulfillments = planned(sess, orderID)
	var err error
	if o.Sold, err = sess.takeOut(tx); err != nil {
		return err
	}
	if sess.OrderNotes != "" {
		o.Confirmation = &acp.Confirmation{OrderNotes: sess.OrderNotes}
	}
	sess.Order = &acp.OrderRef{ID: o.ID, CheckoutSessionID: sess.ID, PermalinkURL: o.PermalinkURL, OrderNumber: o.OrderNumber, Status: o.Status,
		Confirmation: o.Confirmation}
	sess.Messages = []acp.Message{}
	sess.DeletableAt = time.Time{}
	sess.settleConsents()
	if err := sess.become(acp.Completed); err != nil {
		return err
	}
	if err := tx.InsertOrder(o); err != nil {
		return err
	}
	if err := sess.noteDiscounts(tx, o); err != nil {
		return err
	}
	event, err := order.NewEvent(order.Created, o, now)
	if err != nil {
		return err
	}
	return tx.Enqueue(event)
}

// orderNumber is what people say on the phone: ten characters of the order's
// random part. A number that is taken makes the transaction run again, and the
// next run draws another.
func orderNumber(orderID string, run int) string {
	source := orderID
	if run > 0 {
		source = id.Secret("")
	}
	tail := strings.ToUpper(source[len(source)-10:])
	return tail[:5] + "-" + tail[5:]
}

// reconcileKind is the job that looks after an attempt until its outcome is
// known.
const reconcileKind = "payment.reconcile"

type reconcilePayload struct {
	MerchantID string `json:"merchant_id"`
	AttemptID  string `json:"attempt_id"`
}

func reconcileJobID(attemptID string) string { return "job_" + attemptID }

// reconcileJob becomes due when the process that sends the attempt must have
// settled it or died.
func reconcileJob(a *payment.Attempt) job.Job {
	payload, err := json.Marshal(reconcilePayload{MerchantID: a.MerchantID, AttemptID: a.ID})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return job.Job{ID: reconcileJobID(a.ID), MerchantID: a.MerchantID, Kind: reconcileKind, OrderKey: a.ID,
		Payload: payload, Due: a.LeaseUntil, CreatedAt: a.CreatedAt}
}
