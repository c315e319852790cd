package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCorrections(t *testing.T) {
	d := openDesk(t)
	id := d.page("pay_1")
	good := map[string]string{"action": "pay", "number": "4242424242424242", "expiry": "11/29", "cvc": testCVC, "name": "Test Buyer"}
	for name, c := range map[string]struct {
		change map[string]string
		wrong  []string
	}{
		"nothing":            {map[string]string{"number": "", "expiry": "", "cvc": "", "name": ""}, []string{"number", "expiry", "cvc", "name"}},
		"a mistyped number":  {map[string]string{"number": "4242424242424241"}, []string{"number"}},
		"a real card":        {map[string]string{"number": "4539578763621486"}, []string{"number"}},
		"a long number":      {map[string]string{"number": strings.Repeat("4 ", 30)}, []string{"number"}},
		"a date that was":    {map[string]string{"expiry": "04/26"}, []string{"expiry"}},
		"a thirteenth month": {map[string]string{"expiry": "13/29"}, []string{"expiry"}},
		"a date of words":    {map[string]string{"expiry": "soon"}, []string{"expiry"}},
		"a short code":       {map[string]string{"cvc": "12"}, []string{"cvc"}},
		"a number for name":  {map[string]string{"name": "4242 4242 4242 4242"}, []string{"name"}},
		"a number for date":  {map[string]string{"expiry": "4242424242424242"}, []string{"expiry"}},
		"a long name":        {map[string]string{"name": strings.Repeat("x", maxCardName+1)}, []string{"name"}},
	} {
		form := url.Values{}
		for k, v := range good {
			form.Set(k, v)
		}
		for k, v := range c.change {
			form.Set(k, v)
		}
		s := d.visit(http.MethodPost, id, form)
		if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.alert(), "You have not been charged.") {
			t.Errorf("%s: %d %s", name, s.status, s.alert())
		}
		var linked []string
		for _, a := range s.each("a") {
			if target, ok := strings.CutPrefix(attr(a, "href"), "#"); ok && target != "main" {
				linked = append(linked, target)
			}
		}
		if strings.Join(linked, " ") != strings.Join(c.wrong, " ") {
			t.Errorf("%s: the summary leads to %v, want %v", name, linked, c.wrong)
		}
		for _, field := range c.wrong {
			n := s.field(field)
			if attr(n, "aria-invalid") != "true" || !strings.Contains(s.text, `id="`+attr(n, "aria-describedby")+`"`) {
				t.Errorf("%s: field %s does not say what is wrong", name, field)
			}
		}
		if got := attr(s.field("name"), "value"); c.change["name"] == "" && name != "nothing" && got != "Test Buyer" {
			t.Errorf("%s: the name is lost", name)
		}
		if typed := form.Get("number"); typed != "" && strings.Contains(s.text, typed) || strings.Contains(s.text, testCVC) || strings.Contains(s.text, `value="4242`) {
			t.Errorf("%s: number or code is shown again", name)
		}
	}
	for _, expiry := range []string{"05/26", "5/26", "0526", "05 / 2026", "05-2026", "05.26", "052026"} {
		if _, wrong := (payForm{number: "4242424242424242", expiry: expiry, cvc: "123", name: "A"}).card(testNow); len(wrong) > 0 {
			t.Errorf("%q: %v", expiry, wrong)
		}
	}
	d.wantCharges("cs_pay_1", 0, 0)
}

// Whatever bytes are sent as a form: no panic, and either corrections that do
// not repeat what belongs to a card, or a test card.
func FuzzPayForm(f *testing.F) {
	for _, seed := range []string{"", "action=pay", "number=4242424242424242&expiry=11%2F29&cvc=123&name=A&action=pay", "number=%", "expiry=%ff&name=%00",
		"name=4242+4242+4242+4242&expiry=424242424242", "number=1&number=2;x", "expiry=0/0", "expiry=00000", strings.Repeat("a=b&", 3000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		form, err := decodePayForm(body)
		if err != nil {
			return
		}
		card, wrong := form.card(testNow)
		if len(wrong) == 0 {
			if _, known := testCard(card.Number); !known {
				t.Errorf("took a card that is no test card: %+v", card)
			}
		}
		for _, e := range wrong {
			if e.Says.key == "" || e.Field == "" {
				t.Errorf("empty correction %+v", e)
			}
		}
		shown := form.forgetCard()
		if shown.number != "" || shown.cvc != "" || len(shown.expiry) > maxExpiry || holdsNumber(shown.name) {
			t.Errorf("would show %+v", shown)
		}
	})
}
