package checkout

import (
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// browserOf is what an agent said of the buyer's browser; nil for nothing. The
// versions before 2026-04-17 have the shop repeat it when it asks for an
// authentication.
func browserOf(r *acp.RiskSignals) *acp.Browser {
	if r == nil {
		return nil
	}
	first, _, _ := strings.Cut(r.AcceptLanguage, ",")
	language, _, _ := strings.Cut(first, ";")
	b := acp.Browser{IPAddress: r.IPAddress, UserAgent: r.UserAgent, Language: strings.TrimSpace(language)}
	if b == (acp.Browser{}) {
		return nil
	}
	return &b
}

// forgetBrowser drops what is known of the buyer's browser, which is kept for
// an authentication and no longer.
func (s *Session) forgetBrowser() {
	if a := s.Authentication; a != nil && (a.Browser != nil || a.Metadata != nil && a.Metadata.Browser != nil) {
		kept := *a
		kept.Browser = nil
		if a.Metadata != nil {
			metadata := *a.Metadata
			metadata.Browser, kept.Metadata = nil, &metadata
		}
		s.Authentication = &kept
	}
}
