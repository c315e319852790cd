package checkout

import (
	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/text"
)

// declines says what an agent and its buyer are told of each class of refusal;
// Content is the key of the text.
// The PSP's own reason stays with the operator.
var declines = map[payment.Class]acp.Message{
	payment.ClassDeclined:         {Code: acp.CodePaymentDeclined, Resolution: acp.RequiresBuyerInput, Content: "pay.declined"},
	payment.ClassRequiresAction:   {Code: acp.CodeRequires3DS, Resolution: acp.RequiresBuyerReview, Content: "pay.needs_3ds"},
	payment.ClassTokenInvalid:     {Code: acp.CodeInvalid, Resolution: acp.Recoverable, Content: "pay.token_invalid"},
	payment.ClassTokenExpired:     {Code: acp.CodeExpired, Resolution: acp.Recoverable, Content: "pay.token_expired"},
	payment.ClassTokenUsed:        {Code: acp.CodeInvalid, Resolution: acp.Recoverable, Content: "pay.token_used"},
	payment.ClassAmountExceeded:   {Code: acp.CodeMaximumExceeded, Resolution: acp.Recoverable, Content: "pay.token_limit"},
	payment.ClassCurrencyMismatch: {Code: acp.CodeInvalid, Resolution: acp.Recoverable, Content: "pay.token_currency"},
}

// declineMessage is the message for a class of refusal. Those about the token
// point at it, the others at the payment as a whole.
func declineMessage(c payment.Class, tokenParam string, t *text.Texts) acp.Message {
	m, ok := declines[c]
	if !ok {
		m = declines[payment.ClassDeclined]
	}
	m.Type, m.ContentType, m.Param = acp.ErrorMessage, "plain", paymentParam
	m.Content = t.Say(m.Content)
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
