package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// messages writes infos and errors; a warning is an info here. When several
// options are selected, one more info says that only one is shown.
func (c flat) messages(w *writer, s *acp.Session) {
	w.open("messages", '[')
	for i := range s.Messages {
		m := &s.Messages[i]
		param := c.sessionParam(m.Param)
		w.open("", '{')
		if m.Type == acp.ErrorMessage {
			w.text("type", "error")
			w.text("code", flatCode(m))
		} else {
			w.text("type", "info")
			if param == "" && c.needsDetail {
				param = "$"
			}
		}
		w.optText("param", param)
		w.text("content_type", contentType(m.ContentType))
		w.text("content", m.Content)
		w.close('}')
	}
	if len(s.SelectedFulfillmentOptions) > 1 && !c.nested {
		w.open("", '{')
		w.text("type", "info")
		w.text("param", "$.fulfillment_option_id")
		w.text("content_type", "plain")
		w.text("content", fmt.Sprintf("This order comes in %d deliveries; the main one is shown. The totals cover all of them.", len(s.SelectedFulfillmentOptions)))
		w.close('}')
	}
	w.close(']')
}

// flatCode maps an error's code to the six that there were: what another card
// or token cures is a declined payment.
func flatCode(m *acp.Message) string {
	switch m.Code {
	case acp.CodeMissing, acp.CodeInvalid, acp.CodeOutOfStock, acp.CodePaymentDeclined,
		acp.CodeRequiresSignIn, acp.CodeRequires3DS:
		return m.Code
	case acp.CodeLowStock, acp.CodeQuantityExceeded:
		return acp.CodeOutOfStock
	}
	if strings.HasPrefix(m.Param, "$.payment_data") {
		return acp.CodePaymentDeclined
	}
	return acp.CodeInvalid
}

// sessionParam turns a path into the newest session into one into a session of
// the codec's version; "" when there is nothing of the kind in it.
func (c flat) sessionParam(param string) string {
	root, _, _ := strings.Cut(strings.TrimPrefix(param, "$."), ".")
	root, _, _ = strings.Cut(root, "[")
	switch {
	case slices.Contains(newerMembers, root), !c.nested && strings.HasPrefix(root, "authentication_"):
		return ""
	case strings.HasPrefix(param, "$.line_items[") && strings.HasSuffix(param, "].quantity"):
		return strings.TrimSuffix(param, "quantity") + "item.quantity"
	case c.nested:
		return nestedParam(param)
	}
	return flatSessionParam(param)
}

// newerMembers are the members of a session that came with 2026-01-30 or later.
var newerMembers = []string{"capabilities", "continue_url", "created_at", "discounts", "expires_at", "fulfillment_groups", "locale",
	"marketing_consent_options", "metadata", "protocol", "quote_expires_at", "quote_id", "timezone", "updated_at"}

// requestParam does the same for requests, where the list of items has another
// name. What the agent sent has the path that it was sent under, so what only
// newer versions have is left as it stands, and so is how it pays.
func (c flat) requestParam(param string) string {
	if rest, ok := strings.CutPrefix(param, "$.line_items"); ok {
		return "$.items" + rest
	}
	if strings.HasPrefix(param, "$.payment_data") {
		return param
	}
	if c.nested {
		return nestedParam(param)
	}
	return flatSessionParam(param)
}

// flatSessionParam is a path of the 2025-09 versions, with their one address and
// one selected option.
func flatSessionParam(param string) string {
	switch {
	case strings.HasPrefix(param, "$.fulfillment_details.address"):
		return "$.fulfillment_address" + strings.TrimPrefix(param, "$.fulfillment_details.address")
	case strings.HasPrefix(param, "$.fulfillment_details"):
		return "$.fulfillment_address"
	case strings.HasPrefix(param, "$.selected_fulfillment_options"):
		return "$.fulfillment_option_id"
	}
	return paymentParam(param)
}

// paymentParam is a path into payment_data of a provider and a token.
func paymentParam(param string) string {
	switch {
	case param == "$.payment_data.instrument.credential.token":
		return "$.payment_data.token"
	case param == "$.payment_data.handler_id":
		return "$.payment_data.provider"
	case strings.HasPrefix(param, "$.payment_data.instrument"):
		return "$.payment_data"
	}
	return param
}

// links writes the two policies that there were. Of the others, 2025-12-12 and
// later have that of returns, and the 2025-09 versions one as the shop's
// policies.
func (c flat) links(w *writer, links []acp.Link) {
	w.open("links", '[')
	link := func(kind, url string) {
		w.open("", '{')
		w.text("type", kind)
		w.text("url", url)
		w.close('}')
	}
	policies := ""
	for _, l := range links {
		switch l.Type {
		case "terms_of_use", "privacy_policy":
			link(l.Type, l.URL)
		case "return_policy":
			if c.nested {
				link(l.Type, l.URL)
			} else {
				policies = l.URL
			}
		case "shipping_policy":
			if !c.nested {
				policies = firstOf(policies, l.URL)
			}
		}
	}
	if policies != "" {
		link("seller_shop_policies", policies)
	}
	w.close(']')
}
