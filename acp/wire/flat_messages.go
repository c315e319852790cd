package wire

import (
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// messages writes infos and errors; a warning is an info here. When several
// options are selected, one more info says that only one is shown.
func (c flat) messages(w *writer, s *acp.Session) {
	w.open("messages", '[')
	for i := range s.Messages {
		m := &s.Messages[i]
		param := flatSessionParam(m.Param)
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
	if len(s.SelectedFulfillmentOptions) > 1 {
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

// flatSessionParam turns a path into the newest session into one into a
// session of these versions.
func flatSessionParam(param string) string {
	switch {
	case strings.HasPrefix(param, "$.fulfillment_details.address"):
		return "$.fulfillment_address" + strings.TrimPrefix(param, "$.fulfillment_details.address")
	case strings.HasPrefix(param, "$.fulfillment_details"):
		return "$.fulfillment_address"
	case strings.HasPrefix(param, "$.selected_fulfillment_options"):
		return "$.fulfillment_option_id"
	case param == "$.payment_data.instrument.credential.token":
		return "$.payment_data.token"
	case param == "$.payment_data.handler_id":
		return "$.payment_data.provider"
	case strings.HasPrefix(param, "$.payment_data.instrument"):
		return "$.payment_data"
	}
	return param
}

// flatRequestParam does the same for requests, where the list of items has
// another name.
func flatRequestParam(param string) string {
	if rest, ok := strings.CutPrefix(param, "$.line_items"); ok {
		return "$.items" + rest
	}
	return flatSessionParam(param)
}

// links writes the two policies that there were, and one of the others as the
// shop's policies.
func (flat) links(w *writer, links []acp.Link) {
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
			policies = l.URL
		case "shipping_policy":
			policies = firstOf(policies, l.URL)
		}
	}
	if policies != "" {
		link("seller_shop_policies", policies)
	}
	w.close(']')
}
