package checkout

import (
	"net/http"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// Whoever tries codes out is stopped before one is found by luck (DSC-10).
const (
	// maxWrongCodes is how many codes that the shop does not know a session may
	// be sent within guessWindow, and maxWrongCodesOfKey how many all sessions of
	// one credential may, in one process.
	maxWrongCodes      = 10
	maxWrongCodesOfKey = 300
	guessWindow        = 10 * time.Minute
)

// guesses counts the wrong codes of each credential in the window that is open.
type guesses struct {
	mu    sync.Mutex
	since time.Time
	byKey map[string]int
}

// full refuses wrong more codes of a credential that has sent too many.
func (g *guesses) full(credentialID string, wrong int, now time.Time) *acp.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roll(now)
	if wrong == 0 || g.byKey[credentialID]+wrong <= maxWrongCodesOfKey {
		return nil
	}
	return tooManyCodes(g.since.Add(guessWindow).Sub(now))
}

// add counts codes that were answered.
func (g *guesses) add(credentialID string, wrong int, now time.Time) {
	if wrong == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roll(now)
	g.byKey[credentialID] += wrong
}

// roll opens another window when the last one is over.
func (g *guesses) roll(now time.Time) {
	if g.byKey == nil || now.Sub(g.since) >= guessWindow || now.Before(g.since) {
		g.since, g.byKey = now, map[string]int{}
	}
}

func tooManyCodes(wait time.Duration) *acp.Error {
	e := acp.Refused(http.StatusTooManyRequests, acp.CodeRateLimited, codesParam,
		"Too many discount codes were tried that this shop does not have. Go on without a code, or wait before trying another.")
	e.RetryAfter = max(wait, time.Second)
	return e
}

// WrongCodes is how many unknown codes a session was sent since a moment.
type WrongCodes struct {
	Count int       `json:"count"`
	Since time.Time `json:"since"`
}

// enterCodes replaces the session's codes and says how many of them the shop
// does not know and the session did not have before. Too many of these are
// refused.
func (s *Session) enterCodes(m *Merchant, codes []string, now time.Time) (wrong int, err error) {
	had := map[string]bool{}
	if s.Discounts != nil {
		for _, c := range s.Discounts.Codes {
			had[FoldCode(c)] = true
		}
	}
	for _, c := range codes {
		if folded := FoldCode(c); !had[folded] && !m.Discounts.known(c) {
			had[folded] = true
			wrong++
		}
	}
	if wrong > 0 {
		if now.Sub(s.Wrong.Since) >= guessWindow {
			s.Wrong = WrongCodes{Since: now}
		}
		if s.Wrong.Count > 0 && s.Wrong.Count+wrong > maxWrongCodes {
			return 0, tooManyCodes(s.Wrong.Since.Add(guessWindow).Sub(now))
		}
		s.Wrong.Count += wrong
	}
	if s.Discounts == nil {
		s.Discounts = &acp.Discounts{}
	}
	s.Discounts.Codes = codes
	return wrong, nil
}
