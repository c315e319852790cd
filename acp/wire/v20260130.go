package wire

import (
	"net/http"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
)

// v20260130 speaks 2026-01-30: sessions are those of 2026-04-17 but for what
// that added to them; idempotency and webhooks are those of the versions
// before.
var v20260130 Codec = codec20260130{codec20260417{
	rules:    rules20260130,
	version:  acp.V20260130,
	labelled: true,
	channel:  true,
}}

type codec20260130 struct{ codec20260417 }

func (codec20260130) MismatchStatus() int                  { return http.StatusConflict }
func (codec20260130) RequiresIdempotencyKey() bool         { return false }
func (codec20260130) WebhookSignature() sign.WebhookScheme { return sign.WebhookScheme{} }

func (codec20260130) AppendOrderEvent(dst []byte, kind EventKind, o *acp.Order) ([]byte, error) {
	return appendFlatEvent(dst, createEvents, kind, o)
}

// orderStatus is the status of an order in a session. 2026-01-30 has four, and
// what is none of them is left out: the status is optional.
func (c codec20260417) orderStatus(status string) string {
	if c.richOrder {
		return status
	}
	switch status {
	case "confirmed", "processing", "shipped", "delivered":
		return status
	case "completed", "fulfilled":
		return "delivered"
	}
	return ""
}

// channel is the browser that a buyer is authenticated in, which the versions
// before 2026-04-17 have the shop repeat to the agent. The shop does not meet
// the browser: it repeats what the agent told with the payment, and what it did
// not tell is empty.
type channel struct{ acp.Browser }

func channelOf(s *acp.Session) *channel {
	c := &channel{}
	if b := s.AuthenticationMetadata.Browser; b != nil {
		c.Browser = *b
	}
	c.Language = cut(firstOf(c.Language, s.Locale), maxLanguage)
	return c
}

// maxLanguage bounds channel.browser.language.
const maxLanguage = 35

func (c *channel) write(w *writer) {
	w.open("channel", '{')
	w.text("type", "browser")
	w.open("browser", '{')
	w.text("accept_header", "")
	w.text("ip_address", c.IPAddress)
	w.boolean("javascript_enabled", false)
	w.text("language", c.Language)
	w.text("user_agent", c.UserAgent)
	w.close('}')
	w.close('}')
}
