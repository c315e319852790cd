package checkout

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// ByPage stands for the agent of a Consent that the checkout page asked for. No
// agent may have a colon in its name.
const ByPage = "page:checkout"

// Agreed are a buyer's answers to what the checkout page asks beside the order.
type Agreed struct {
	Terms    bool
	Consents []acp.MarketingConsent
}

// Acceptance is a buyer's yes to the terms of use, on the checkout page.
type Acceptance struct {
	URL string    `json:"url"` // of the terms
	At  time.Time `json:"at"`
}

// Asked are the consents that the checkout page asks the buyer of a session for:
// those that there is an address or a number to write to for.
func (m *Merchant) Asked(s *Session) []acp.MarketingConsentOption {
	return slices.DeleteFunc(slices.Clone(m.ConsentsOf(s)), func(o acp.MarketingConsentOption) bool { return s.contactOn(o.Channel) == "" })
}

// TermsURL is the address of the terms of use.
func (m *Merchant) TermsURL() string {
	if at := slices.IndexFunc(m.Links, func(l acp.Link) bool { return l.Type == "terms_of_use" }); at >= 0 {
		return m.Links[at].URL
	}
	return ""
}

// Agree notes what the buyer has answered on the checkout page, before the
// payment: it holds together with the order that comes of it. The errors are
// ErrNotVisitor and *acp.Error for a session that cannot be changed.
func (s *Service) Agree(ctx context.Context, v Visit, a Agreed) error {
	return s.store.Update(ctx, func(tx Tx) error {
		sess, m, err := s.visited(ctx, tx, v)
		if err != nil {
			return err
		}
		if err := sess.editable(); err != nil {
			return err
		}
		now := s.now()
		sess.consentEarly(m, a.Consents, ByPage, now)
		sess.Terms = nil
		if a.Terms && m.AcceptTerms {
			sess.Terms = &Acceptance{URL: m.TermsURL(), At: now.UTC()}
		}
		return tx.SaveSession(sess)
	})
}

// forgetAnswers drops what was answered on the checkout page, for the browser
// that takes it over: it may be somebody else's. What is being paid, or is paid,
// keeps its answers.
func (s *Session) forgetAnswers() {
	if s.editable() == nil {
		s.Terms = nil
		s.Consents = slices.DeleteFunc(slices.Clone(s.Consents), func(c Consent) bool { return c.Agent == ByPage })
	}
}

// agreed refuses a buyer at the checkout page who has not accepted the terms.
func (s *Session) agreed(m *Merchant) error {
	if !m.AcceptTerms || s.Terms != nil {
		return nil
	}
	return acp.Refused(http.StatusConflict, acp.CodeConflict, "", "The buyer has to accept the terms of use on the checkout page first.")
}
