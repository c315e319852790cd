package checkout

import (
	"net/http"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp"
)

// GuessLimits say when whoever tries codes out is stopped, before one is found by
// luck (DSC-10). No new code is taken then, be it right or wrong: an answer that
// told the two apart would be what the guesser is after. 0 is no limit.
type GuessLimits struct {
	Session int           // codes that the shop does not know, of one session within Window
	Key     int           // the same of all sessions of one credential, in one process
	Window  time.Duration // then counting begins anew
}

// usualGuesses are the limits where Config has none.
var usualGuesses = GuessLimits{Session: 10, Key: 300, Window: 10 * time.Minute}

// guesses counts the wrong codes of each credential in the window that is open.
type guesses struct {
	GuessLimits
	mu    sync.Mutex
	since time.Time
	byKey map[credentialOf]int
}

// credentialOf is a credential of a shop; an app of several has the same name in
// each.
type credentialOf struct{ merchantID, credentialID string }

// full refuses new codes of a credential that has sent too many wrong ones.
func (g *guesses) full(who Caller, now time.Time) *acp.Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roll(now)
	if g.Key == 0 || g.byKey[credentialOf{who.MerchantID, who.CredentialID}] < g.Key {
		return nil
	}
	return tooManyCodes(g.since.Add(g.Window).Sub(now))
}

// add counts codes that were answered.
func (g *guesses) add(who Caller, wrong int, now time.Time) {
	if wrong == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roll(now)
	g.byKey[credentialOf{who.MerchantID, who.CredentialID}] += wrong
}

// roll opens another window when the last one is over.
func (g *guesses) roll(now time.Time) {
	if g.byKey == nil || now.Sub(g.since) >= g.Window || now.Before(g.since) {
		g.since, g.byKey = now, map[credentialOf]int{}
	}
}

func tooManyCodes(wait time.Duration) *acp.Error {
	e := acp.Refused(http.StatusTooManyRequests, acp.CodeRateLimited, codesParam,
		"Too many discount codes were tried that this shop does not have. Go on without a new code, or wait before trying another.")
	e.RetryAfter = max(wait, time.Second)
	return e
}

// WrongCodes is how many unknown codes a session was sent since a moment.
type WrongCodes struct {
	Count int       `json:"count"`
	Since time.Time `json:"since"`
}

// newCodes says how many codes of a list the session does not have yet, and how
// many of these the shop does not know.
func (s *Session) newCodes(m *Merchant, codes []string) (fresh, wrong int) {
	had := map[string]bool{}
	if s.Discounts != nil {
		for _, c := range s.Discounts.Codes {
			had[FoldCode(c)] = true
		}
	}
	for _, c := range codes {
		folded := FoldCode(c)
		if had[folded] {
			continue
		}
		had[folded] = true
		fresh++
		if m.Discounts.of(c) == nil {
			wrong++
		}
	}
	return fresh, wrong
}

// enterCodes replaces the discount codes of a session by those of a request, if
// it has any, and says how many of them are new and wrong. New ones are refused
// where too many were wrong. In a shop without discounts all are wrong, and there
// is nothing to find by trying.
func (s *Service) enterCodes(c *Call, m *Merchant, sess *Session, codes acp.Opt[[]string], now time.Time) (wrong int, err error) {
	if !codes.Set {
		return 0, nil
	}
	fresh := 0
	if m.hasDiscounts() {
		fresh, wrong = sess.newCodes(m, codes.Value)
	}
	if fresh > 0 {
		if e := s.guesses.full(c.Caller, now); e != nil {
			return 0, e
		}
		if now.Sub(sess.Wrong.Since) >= s.guesses.Window {
			sess.Wrong = WrongCodes{Since: now}
		}
		if most := s.guesses.Session; most > 0 && sess.Wrong.Count >= most {
			return 0, tooManyCodes(sess.Wrong.Since.Add(s.guesses.Window).Sub(now))
		}
		sess.Wrong.Count += wrong
	}
	if sess.Discounts == nil {
		sess.Discounts = &acp.Discounts{}
	}
	sess.Discounts.Codes = codes.Value
	return wrong, nil
}

// countWrong counts the wrong codes of a request that was answered.
func (s *Service) countWrong(c *Call, ans Answer, wrong int) {
	if ans.Err == nil && !ans.Replayed {
		s.guesses.add(c.Caller, wrong, s.now())
	}
}
