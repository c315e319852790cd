package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func vaultBody(number, customer string, year int) string {
	return fmt.Sprintf(`{"merchant_id": "acme_store", "customer": %q, "number": %q, "exp_month": 6, "exp_year": %d}`, customer, number, year)
}

// keep puts a card into the vault and gives its id.
func (d *desk) keep(number, customer string, year int) string {
	d.t.Helper()
	r := d.merchant("POST", "/v1/cards", vaultBody(number, customer, year))
	if r.status != http.StatusCreated || !strings.HasPrefix(r.str("id"), "scd_") || strings.Contains(r.raw, number) {
		d.t.Fatalf("%d %s", r.status, r.raw)
	}
	return r.str("id")
}

// onCard is a charge on a card of the vault.
func onCard(card, customer, session string, change ...any) string {
	return chargeBody("", session, "pay_"+session, append([]any{"token", nil, "card", card, "customer", customer}, change...)...)
}

func TestCardsOfTheVaultDecideTheOutcome(t *testing.T) {
	d := openDesk(t)
	d.wait = func(time.Duration) error { return nil }
	for _, card := range TestCards() {
		kept := d.keep(card.Number, "cus_1", 2099)
		v, refuses := verdicts[card.Outcome]
		for n := range 2 { // it is charged again and again
			session := fmt.Sprintf("cs_%s_%d", card.Number[:6]+card.Last4(), n)
			r := d.merchant("POST", "/v1/charges", onCard(kept, "cus_1", session))
			switch {
			case refuses:
				r.want(t, http.StatusPaymentRequired, v.decline)
				d.wantCharges(session, 0, 0)
			default:
				d.wantCharges(session, 1, 1000)
			}
		}
	}
}

func TestStaticCardsAreEverybodys(t *testing.T) {
	d := openDesk(t)
	if len(StaticCards()) != len(StaticTokens()) {
		t.Fatalf("%v", StaticCards())
	}
	for _, s := range StaticCards() {
		for n, customer := range []string{"ann", "bea"} {
			session := fmt.Sprintf("cs_%s_%d", s.Token, n)
			r := d.merchant("POST", "/v1/charges", onCard(s.Token, customer, session))
			if v, refuses := verdicts[s.Outcome]; refuses {
				r.want(t, 402, v.decline)
			} else if r.status != http.StatusCreated || !strings.Contains(r.raw, `"last4":"`+s.Last4+`"`) {
				t.Errorf("%s: %d %s", s.Token, r.status, r.raw)
			}
		}
	}
}

func TestWhatTheVaultDoesNotCharge(t *testing.T) {
	d := openDesk(t)
	mine, theirs := d.keep("4242424242424242", "cus_1", 2099), d.keep("4242424242424242", "cus_2", 2099)
	old, removed := d.keep("4242424242424242", "cus_1", 2020), d.keep("4242424242424242", "cus_1", 2099)
	for range 2 {
		if r := d.do("DELETE", "/v1/cards/"+removed, "", "Authorization", "Bearer "+merchantKey); r.status != 200 || !strings.Contains(r.raw, `"removed":true`) {
			t.Errorf("%d %s", r.status, r.raw)
		}
	}
	d.do("DELETE", "/v1/cards/scd_nothing", "", "Authorization", "Bearer "+merchantKey).want(t, 404, codeNotFound)
	for name, c := range map[string]struct {
		card, customer string
		status         int
		code           string
	}{
		"unknown":            {"scd_nothing", "cus_1", 422, codeCardUnknown},
		"a token":            {"tok_visa", "cus_1", 422, codeCardUnknown},
		"another customer's": {theirs, "cus_1", 422, codeCardCustomer},
		"removed":            {removed, "cus_1", 422, codeCardRemoved},
		"out of date":        {old, "cus_1", 402, "expired_card"},
		"nobody's":           {mine, "", 400, "invalid"},
		"no card":            {"", "cus_1", 400, "invalid"},
	} {
		session := "cs_" + strings.ReplaceAll(name, " ", "_")
		d.merchant("POST", "/v1/charges", onCard(c.card, c.customer, session)).want(t, c.status, c.code)
		d.wantCharges(session, 0, 0)
	}
	d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_both", "pay_both", "card", mine, "customer", "cus_1")).want(t, 400, "invalid")
	d.merchant("POST", "/v1/charges", onCard(mine, "cus_1", "cs_other", "merchant_id", otherShop)).want(t, 422, codeCardUnknown)
	d.wantCharges("cs_other", 0, 0)

	listed := d.merchant("GET", "/v1/cards?customer=cus_1&merchant_id=acme_store", "")
	if !strings.Contains(listed.raw, mine) || !strings.Contains(listed.raw, old) || strings.Contains(listed.raw, removed) || strings.Contains(listed.raw, theirs) {
		t.Errorf("%s", listed.raw)
	}
}

// A proof is of the card in the vault as it is of the card behind a token.
func TestProofOfACardInTheVault(t *testing.T) {
	d := openDesk(t)
	const number, other = "4242424242424242", "4000000000002701"
	for name, card := range map[string]string{"kept": d.keep(number, "cus_1", 2099), "static": "scd_visa"} {
		session := "cs_" + name
		charge := func(reference string, proof any) result {
			return d.merchant("POST", "/v1/charges", onCard(card, "cus_1", session, "reference", reference+name, "require_authentication", true, "three_d_secure", proof))
		}
		charge("without", nil).want(t, 402, verdicts[Requires3DS].decline)
		charge("foreign", d.proof(d.asked(other, session))).want(t, 402, badProof.decline)
		d.wantCharges(session, 0, 0)
		charge("own", d.proof(d.asked(number, session))).want(t, 201, "")
		d.wantCharges(session, 1, 1000)
	}
}

func TestWhatTheVaultDoesNotKeep(t *testing.T) {
	d := openDesk(t)
	good := vaultBody("4242424242424242", "cus_1", 2099)
	for name, body := range map[string]string{
		"a real card":   strings.Replace(good, "4242424242424242", "4539578763621486", 1),
		"no number":     strings.Replace(good, "4242424242424242", "", 1),
		"no customer":   strings.Replace(good, "cus_1", "", 1),
		"no such month": strings.Replace(good, `"exp_month": 6`, `"exp_month": 13`, 1),
		"two digits":    strings.Replace(good, "2099", "99", 1),
		"no expiry":     strings.Replace(good, `, "exp_month": 6, "exp_year": 2099`, "", 1),
		"no merchant":   strings.Replace(good, "acme_store", "", 1),
	} {
		if r := d.merchant("POST", "/v1/cards", body); r.status == http.StatusCreated {
			t.Errorf("%s was kept: %s", name, r.raw)
		}
	}
	d.merchant("POST", "/v1/cards", strings.Replace(good, "acme_store", "nobodys_store", 1)).want(t, 403, codeForbidden)
	if r := d.merchant("POST", "/v1/cards", strings.Replace(good, `: 6,`, `: "06",`, 1)); r.status != 400 || !strings.Contains(r.raw, "This field must be an integer.") {
		t.Errorf("a month in a string: %d %s", r.status, r.raw)
	}
}
