package checkout

import (
	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
)

// declines says what an agent and its buyer are told of each class of refusal.
// The PSP's own reason stays with the operator.
var declines = map[payment.Class]acp.Message{
	payment.ClassDeclined: {Code: acp.CodePaymentDeclined, Resolution: acp.RequiresBuyerInput,
		Content: "Your payment was declined. You have not been charged. Try another payment method."},
	payment.ClassRequiresAction: {Code: acp.CodeRequires3DS, Resolution: acp.RequiresBuyerReview,
		Content: "Your bank asks for an extra confirmation that this shop cannot show here. You have not been charged. Try another payment method."},
	payment.ClassTokenInvalid: {Code: acp.CodeInvalid, Resolution: acp.Recoverable,
		Content: "The payment token is not valid for this purchase. Nothing was charged. Request a new token for this session."},
	payment.ClassTokenExpired: {Code: acp.CodeExpired, Resolution: acp.Recoverable,
		Content: "The payment token has expired. Nothing was charged. Request a new token."},
	payment.ClassTokenUsed: {Code: acp.CodeInvalid, Resolution: acp.Recoverable,
		Content: "The payment token was used before. Nothing was charged for this session. Request a new token."},
	payment.ClassAmountExceeded: {Code: acp.CodeMaximumExceeded, Resolution: acp.Recoverable,
		Content: "The total is above the limit of the payment token. Nothing was charged. Request a token for the current total."},
	payment.ClassCurrencyMismatch: {Code: acp.CodeInvalid, Resolution: acp.Recoverable,
		Content: "The payment token is for another currency. Nothing was charged. Request a token in the session's currency."},
}

// declineMessage is the message for a class of refusal. Those about the token
// point at it, the others at the payment as a whole.
func declineMessage(c payment.Class, tokenParam string) acp.Message {
	m, ok := declines[c]
	if !ok {
		m = declines[payment.ClassDeclined]
	}
	m.Type, m.ContentType, m.Param = acp.ErrorMessage, "plain", paymentParam
	switch c {
	case payment.ClassTokenInvalid, payment.ClassTokenExpired, payment.ClassTokenUsed:
		if tokenParam != "" {
			m.Param = tokenParam
		}
	}
	return m
}

// say adds a message, once.
func (s *Session) say(m acp.Message) {
	for _, have := range s.Messages {
		if have == m {
			return
		}
	}
	s.Messages = append(s.Messages, m)
}
