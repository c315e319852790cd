package review_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/review"
	"github.com/checkstand/checkstand/server/servertest"
)

var update = flag.Bool("update", false, "write the reports in testdata anew")

// golden compares a report with the file that has it.
func golden(t *testing.T, file string, r *review.Report) {
	t.Helper()
	var got bytes.Buffer
	if err := review.WriteText(&got, r); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s does not have this report (%v); if it is right, run the test with -update:\n%s", file, err, got.Bytes())
	}
}

// A configuration with everything that the review asks for.
func TestReady(t *testing.T) {
	r := check(t, input(t, configuration(t, "ready.yaml"), shipped(demoGoods(t))))
	if !r.Ready || len(r.Of(review.Missing)) != 0 || len(r.Of(review.Advised)) != 0 {
		t.Errorf("not ready: %+v %+v", r.Of(review.Missing), r.Of(review.Advised))
	}
	golden(t, "testdata/ready.txt", r)
}

// One that lacks a few things; docs/chatgpt-app.md shows parts of it.
func TestNearlyReady(t *testing.T) {
	items := demoGoods(t)
	r := check(t, input(t, configuration(t, "nearly.yaml"), slices.DeleteFunc(items, func(it catalog.Item) bool {
		return it.Kind == catalog.Digital && !strings.HasPrefix(it.ID, "gift-card")
	})))
	golden(t, "testdata/nearly.txt", r)
	text, err := os.ReadFile("testdata/nearly.txt")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/chatgpt-app.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(docs), "```\nNot ready:")
	block, _, closed := strings.Cut(block, "```\n")
	if !found || !closed {
		t.Fatal("docs/chatgpt-app.md shows no report")
	}
	for part := range strings.SplitSeq("Not ready:"+block, "…\n") {
		if part = strings.TrimRight(part, "\n"); !strings.Contains(string(text), part) {
			t.Errorf("docs/chatgpt-app.md shows what the command does not print:\n%s", part)
		}
	}
}

// One with nearly nothing of it.
func TestUnready(t *testing.T) {
	items := demoGoods(t)
	items[0].Images = []string{"https://elsewhere.example.com/mug.jpg"}
	items[1].Currency = "eur"
	r := check(t, input(t, configuration(t, "unready.yaml"), items))
	if r.Ready {
		t.Error("it is ready")
	}
	golden(t, "testdata/unready.txt", r)
}

// Each requirement is told by itself: whatever is taken out of a configuration
// that is ready is missing, with the key to change, and nothing else is.
func TestEachRequirement(t *testing.T) {
	type old = []string
	goods := servertest.NewWorld(t, servertest.Options{Items: shipped(demoGoods(t))}).Store
	all := servertest.NewWorld(t, servertest.Options{Items: demoGoods(t)}).Store
	for id, c := range map[string]struct {
		replace old
		status  review.Status
		key     string
	}{
		"public_url":       {old{"public_url: https://shop.example.com", "public_url: https://calm-otter.trycloudflare.com"}, review.Missing, "public_url"},
		"app":              {old{"      enabled: true\n", "      enabled: false\n"}, review.Missing, "merchants[0].app.enabled"},
		"challenge":        {old{"      challenge: token-of-the-form\n", ""}, review.Missing, "merchants[0].app.challenge"},
		"name":             {old{"name: Ottermere Goods", "name: Ottermere MCP"}, review.Missing, "merchants[0].name"},
		"logo":             {old{"    logo: https://www.example.com/logo.png\n", ""}, review.Advised, "merchants[0].logo"},
		"mode":             {old{"mode: live", "mode: test", "      live:\n", "      test:\n", "LIVE_KEY", "TEST_KEY", "LIVE_WEBHOOK", "TEST_WEBHOOK"}, review.Missing, "merchants[0].payment.live"},
		"domain":           {old{"      domain: https://shop.example.com\n", ""}, review.Missing, "merchants[0].app.domain"},
		"csp":              {old{`["https://pictures.example.com"]`, `["https://pictures.example.com", "https://pictures.local"]`}, review.Missing, "merchants[0].app.picture_domains"},
		"redirect_domains": {old{"payment_sheet: false", "payment_sheet: false\n      redirect_domains: [\"https://pay.internal\"]"}, review.Missing, "merchants[0].app.redirect_domains"},
		"physical_goods":   {old{"name: Ottermere Goods", "name: Digital Goods"}, review.Missing, ""},
		"tips":             {old{"    logo: https://www.example.com/logo.png\n", "    logo: https://www.example.com/logo.png\n    max_tip: \"20.00\"\n"}, review.Advised, "merchants[0].max_tip"},
		"website":          {old{"    website: https://www.example.com\n", ""}, review.Missing, "merchants[0].website"},
		"privacy_policy":   {old{"https://www.example.com/privacy", "https://shop.example.com/policies/privacy"}, review.Missing, "merchants[0].links.privacy_policy"},
		"terms_of_use":     {old{"https://www.example.com/terms", "https://192.168.1.4/terms"}, review.Missing, "merchants[0].links.terms_of_use"},
		"support":          {old{"      support: https://www.example.com/support\n", ""}, review.Missing, "merchants[0].links.support"},
		"return_policy":    {old{"      return_policy: https://www.example.com/returns\n", ""}, review.Advised, "merchants[0].links.return_policy"},
		"payment_webhooks": {old{"        stripe: {webhook_secret: \"${LIVE_WEBHOOK}\"}\n", ""}, review.Advised, "merchants[0].payment.live.stripe.webhook_secret"},
		"checkout_page":    {old{"    payment:\n", "    checkout: {return_origins: [\"https://www.example.com\"]}\n    payment:\n"}, review.Advised, "merchants[0].checkout.return_origins"},
		"payment_methods":  {old{"payment_sheet: false", "payment_methods: [barter]"}, review.Advised, "merchants[0].app.payment_methods"},
		"expose_complete":  {old{"payment_sheet: false", "payment_sheet: false\n      expose_complete: true"}, review.Advised, "merchants[0].app.expose_complete"},
		"sign_in":          {old{"payment_sheet: false", "payment_sheet: false\n      oauth: {issuer: \"https://login.internal\"}"}, review.Missing, "merchants[0].app.oauth.issuer"},
		"delivery": {old{"      - {id: standard, title: Standard, price: \"5.90\", countries: [US], min_days: 3, max_days: 6}\n", "",
			"      - {id: express, title: Express, price: \"14.90\", countries: [US], min_days: 1, max_days: 2}\n", ""}, review.Missing, "merchants[0].shipping"},
	} {
		t.Run(id, func(t *testing.T) {
			catalogue := goods
			if id == "physical_goods" {
				catalogue = all
			}
			r := check(t, inputOf(t, configuration(t, "ready.yaml", c.replace...), catalogue))
			f := finding(r, id)
			if f.Status != c.status || f.Key != c.key || f.Fix == "" {
				t.Errorf("%s: %+v", id, f)
			}
			for _, other := range slices.Concat(r.Of(review.Missing), r.Of(review.Advised)) {
				if other.ID != id {
					t.Errorf("%s brings %+v with it", id, other)
				}
			}
			if r.Ready != (c.status != review.Missing) {
				t.Errorf("ready: %t", r.Ready)
			}
		})
	}
}

// A report is read by programs, too: nothing is null, and it says what the text
// says.
func TestReportAsJSON(t *testing.T) {
	for _, file := range []string{"ready.yaml", "unready.yaml"} {
		r := check(t, input(t, configuration(t, file), nil))
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(b, []byte(`:null`)); i >= 0 {
			t.Errorf("%s: null in %s", file, b[max(i-80, 0):i])
		}
		var back review.Report
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back.Findings, r.Findings) || back.Ready != r.Ready {
			t.Errorf("%s: another report came back", file)
		}
	}
}

// No finding, text or file has a secret of the configuration in it.
func TestNothingSecretIsTold(t *testing.T) {
	var all bytes.Buffer
	for _, file := range []string{"ready.yaml", "unready.yaml"} {
		r := check(t, input(t, configuration(t, file), demoGoods(t)))
		if err := review.WriteText(&all, r); err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{r, r.Submission()} {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
	}
	for _, secret := range []string{"rk_live_of_the_tests", "whsec_of_the_live_tests", "key-of-the-shop", "token-of-the-form"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%s is told", secret)
		}
	}
}

// Every key that a finding names is one of the configuration.
func TestKeysExist(t *testing.T) {
	known := map[string]bool{}
	for _, k := range config.Keys() {
		for path := k.Path; path != ""; path = path[:max(strings.LastIndex(path, "."), 0)] {
			known[path] = true
		}
	}
	for _, file := range []string{"ready.yaml", "unready.yaml"} {
		for _, f := range check(t, input(t, configuration(t, file), demoGoods(t))).Findings {
			path := strings.NewReplacer("[0]", "[]", "[1]", "[]").Replace(f.Key)
			if path != "" && !known[path] && !known[path+"[]"] {
				t.Errorf("%s names %s", f.ID, f.Key)
			}
		}
	}
}
