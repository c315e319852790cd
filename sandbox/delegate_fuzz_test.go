package sandbox

import (
	"strings"
	"testing"
)

// Whatever bytes arrive as a delegate_payment body: no panic, a refusal that
// names a field without repeating the card number, or a grant that keeps its
// promises.
func FuzzDelegatePayment(f *testing.F) {
	body := delegateBody("4242424242424242", "cs_1")
	for _, seed := range []string{
		body, "", "{}", "[]", "null", `{"payment_method": null}`, `{"a": 1, "a": 2}`, "{\"a\": \"\xff\"}",
		strings.Replace(body, "1000", "1e400", 1),
		strings.Replace(body, "1000", "-1", 1),
		strings.Replace(body, "2027", "9999", 1),
		strings.Replace(body, "T13:00:00Z", "T13:00:00.5+14:00", 1),
		strings.Replace(body, `{"source": "test"}`, `{"4242424242424242": 1}`, 1),
		strings.Repeat("[", 30),
	} {
		for i := range editions {
			f.Add([]byte(seed), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, version uint8) {
		ed := editions[int(version)%len(editions)]
		v, refusal := canonical(body, malformed)
		var g grant
		if refusal == nil {
			g, refusal = parseGrant(v, ed, "key", testNow)
		}
		if refusal != nil {
			if refusal.Code != codeInvalidCard || refusal.Status != 400 && refusal.Status != 422 || refusal.Message == "" {
				t.Errorf("refusal %+v", refusal)
			}
			if strings.Contains(refusal.Param+refusal.Message, "4242424242424242") {
				t.Errorf("the refusal repeats the card number: %v %s", refusal, refusal.Param)
			}
			return
		}
		if _, known := testCard(g.number); !known || !validAmount(g.maxAmount) || !lowerAlpha3(g.currency) ||
			!g.expiresAt.After(testNow) || g.session == "" || g.merchant == "" || g.metadata == nil {
			t.Errorf("grant %+v", g)
		}
		again, refusal := canonical(v, malformed)
		if refusal != nil || string(again) != string(v) {
			t.Errorf("the canonical form is not canonical")
		}
	})
}
