package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
)

// A buyer pays in a real browser by keyboard alone, with no script: past a
// mistake, a decline and the issuer's question, and back to the shop, which
// other addresses than the page's own are for the content policy.
func TestPayingInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title><main><h1>Thank you</h1></main>`)
	}))
	defer back.Close()
	for name, opts := range map[string]browsertest.Options{
		"320-light":  {Width: 320, Touch: true, NoJavaScript: true},
		"390-dark":   {Width: 390, Dark: true, Touch: true, NoJavaScript: true},
		"1280-light": {},
		"640-grown":  {Width: 640, TextSize: 140, RightToLeft: true, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			id := d.page("pay_1", "return_url", back.URL+"/return?order=7", "cancel_url", back.URL+"/cart")
			tab := b.Tab(t, opts)
			look := func(state string) {
				t.Helper()
				tab.Check()
				tab.Screenshot(name + "-" + state)
			}
			fill := func(number, expiry, cvc, who string) {
				t.Helper()
				for _, text := range []string{number, expiry, cvc, who} {
					if text != "" {
						tab.Type(text)
					}
					tab.Keys("Tab")
				}
				tab.Keys("Enter") // the button is next
			}
			// The browser notes in its console that an answer was a refusal.
			refused := func(status string) {
				t.Helper()
				for _, problem := range tab.Problems() {
					if !strings.Contains(problem, "status of "+status) {
						t.Error(problem)
					}
				}
			}
			reach := func(name string) {
				t.Helper()
				for range 12 {
					tab.Keys("Tab")
					if tab.Focused().Name == name {
						return
					}
				}
				t.Fatalf("the keyboard does not reach %s", name)
			}
			tab.Go(d.url + "/pay/" + id)
			look("open")
			tab.Go(d.url + "/pay/" + id)
			reach("Card number")
			fill("4242424242424241", "1/26", "", "Test Buyer")
			tab.WaitText("[role=alert]", "Correct this")
			refused("422")
			look("corrections")
			tab.Go(d.url + "/pay/" + id)
			reach("Card number")
			fill("4000000000000002", "11/29", "123", "Test Buyer")
			tab.WaitText("[role=alert]", "Your card was declined. You have not been charged. Try another card.")
			refused("402")
			look("declined")
			tab.Go(d.url + "/pay/" + id)
			reach("Card number")
			fill("4000 0027 6000 3184", "11/29", "123", "Test Buyer")
			tab.WaitText("h1", "Is this payment yours?")
			look("question")
			tab.Go(d.url + "/pay/" + id)
			reach("Approve")
			tab.Keys("Enter")
			tab.WaitURL(back.URL + "/return?order=7&page=" + id)
			tab.Go(d.url + "/pay/" + id)
			look("paid")
			d.wantCharges("cs_pay_1", 1, 3490)

			left := d.page("pay_2", "return_url", back.URL+"/return", "cancel_url", back.URL+"/cart")
			tab.Go(d.url + "/pay/" + left)
			reach("Cancel and go back")
			tab.Keys("Enter")
			tab.WaitURL(back.URL + "/cart")
			if strings.Contains(d.logs.String(), "pg_") {
				t.Error("the logs hold the address of a page")
			}
		})
	}
}

// A buyer whom the agent's page sends to a test card's issuer answers its
// question, and the answer gets back to the agent: at once where scripts
// run, by a button where they do not.
func TestAnsweringAnIssuerInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	for name, opts := range map[string]browsertest.Options{
		"320-light":  {Width: 320, Touch: true},
		"390-dark":   {Width: 390, Dark: true, Touch: true, NoJavaScript: true},
		"1280-light": {},
		"640-grown":  {Width: 640, TextSize: 140, RightToLeft: true, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			told := make(chan string, 1)
			agentPage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				if r.Method == http.MethodPost {
					told <- r.FormValue("cres")
					fmt.Fprint(w, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Agent</title><main><h1>Back at the agent</h1></main>`)
					return
				}
				fmt.Fprintf(w, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Agent</title><main><h1>Agent</h1>
					<form method="post" action="%s"><input type="hidden" name="creq" value="%s"><button>Ask</button></form></main>`, d.url+challengePath, r.URL.Query().Get("creq"))
			}))
			defer agentPage.Close()
			r := d.auth("POST", "", strings.Replace(authBody("4000002760003184", "cs_1", `"channel": `+browser), notifyURL, agentPage.URL+"/end", 1))
			r = d.auth("POST", "/"+r.str("authentication_session_id")+"/authenticate", `{"fingerprint_completion": "Y"}`)
			tab := b.Tab(t, opts)
			tab.Go(agentPage.URL + "/?creq=" + creq(r))
			tab.Keys("Tab")
			tab.Keys("Enter")
			tab.WaitText("h1", "Is this payment yours?")
			tab.Check()
			tab.Screenshot("issuer-" + name)
			for i := 0; tab.Focused().Name != "Confirm the payment"; i++ {
				if i == 6 {
					t.Fatal("the keyboard does not reach the answer")
				}
				tab.Keys("Tab")
			}
			tab.Keys("Enter")
			if opts.NoJavaScript {
				tab.WaitText("h1", "You have confirmed the payment")
				tab.Check()
				for i := 0; tab.Focused().Name != "Go on" && i < 4; i++ {
					tab.Keys("Tab")
				}
				tab.Keys("Enter")
			}
			tab.WaitText("h1", "Back at the agent")
			if cres := <-told; cres == "" {
				t.Error("the agent was told nothing")
			}
			for _, problem := range tab.Problems() {
				t.Error(problem)
			}
			if got := d.auth("GET", "/"+r.str("authentication_session_id"), ""); got.str("status") != "authenticated" {
				t.Errorf("%s", got.raw)
			}
		})
	}
}
