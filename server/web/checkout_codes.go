package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// enterCode takes a discount code, or removes one. What is wrong with a code is
// said beside the field, which keeps it.
func (p *Pages) enterCode(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	switch {
	case err != nil:
		return err
	case c.State != CheckoutOpen || c.Codes == nil:
		return ErrChanged
	}
	if r.PostForm.Has("remove") {
		if err := p.checkouts.RemoveCode(r.Context(), v, r.PostForm.Get("remove")); err != nil {
			return err
		}
		p.back(w, r, v, "#codes")
		return nil
	}
	typed := strings.TrimSpace(r.PostForm.Get("code"))
	problem := ""
	switch {
	case typed == "":
		problem = p.texts(&c).Say("code.none")
	case utf8.RuneCountInString(typed) > acp.MaxText || !utf8.ValidString(typed):
		problem = p.texts(&c).Say("code.malformed")
	case secret.HasCardNumber(typed):
		typed, problem = "", p.texts(&c).Say("form.card_number")
	default:
		err := p.checkouts.EnterCode(r.Context(), v, typed)
		if refusal, ok := errors.AsType[*Refusal](err); ok {
			problem = refusal.Message
		} else if err != nil {
			return err
		}
	}
	if problem == "" {
		p.back(w, r, v, "#codes")
		return nil
	}
	codes := *c.Codes
	codes.Typed, codes.Problem = typed, problem
	c.Codes = &codes
	p.show(w, r, http.StatusUnprocessableEntity, &checkoutPage{Checkout: c, Form: c.Details})
	return nil
}
