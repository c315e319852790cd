package simulator

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// sound is a session that the documentation has nothing against.
const sound = `{
	"id": "cs_1", "status": "ready_for_payment", "payment_mode": "test", "currency": "USD",
	"payment_provider": {"provider": "stripe", "merchant_id": "profile_1", "supported_payment_methods": [{"type": "card", "allowed_card_brands": ["visa"]}],
		"managed_payment_methods": [{"type": "card", "id": "pm_1"}]},
	"line_items": [{"id": "li_1", "item": {"id": "mug", "quantity": 2}, "name": "Mug", "images": ["https://shop.example/mug.png"],
		"base_amount": 3600, "discount": 100, "subtotal": 3500, "tax": 261, "total": 3761}],
	"totals": [{"type": "items_base_amount", "display_text": "Items", "amount": 3600}, {"type": "items_discount", "display_text": "Discount", "amount": 100},
		{"type": "subtotal", "display_text": "Subtotal", "amount": 3500}, {"type": "fulfillment", "display_text": "Delivery", "amount": 590},
		{"type": "tax", "display_text": "Tax", "amount": 304}, {"type": "total", "display_text": "Total", "amount": 4394}],
	"fulfillment_options": [{"type": "shipping", "id": "std", "title": "Standard", "earliest_delivery_time": "2026-12-01T12:00:00Z", "subtotal": 590, "tax": 43, "total": 633}],
	"fulfillment_option_id": "std",
	"fulfillment_address": {"name": "Ada", "line_one": "1 Street", "line_two": null, "city": "Springfield", "state": "IL", "country": "US", "postal_code": "62704"},
	"buyer": {"first_name": "Ada", "last_name": "Example", "email": "buyer@example.com"},
	"messages": [], "metadata": {"cart": "7"},
	"links": [{"type": "terms_of_use", "url": "https://shop.example/terms"}, {"type": "privacy_policy", "url": "http://127.0.0.1:8080/privacy"}]
}`

func TestSoundSessionsHaveNoViolations(t *testing.T) {
	variants := map[string][2]string{
		"as it is":              {},
		"names of ways to pay":  {`[{"type": "card", "allowed_card_brands": ["visa"]}]`, `["card", "apple_pay"]`},
		"no address yet":        {`"fulfillment_address": {"name": "Ada", "line_one": "1 Street", "line_two": null, "city": "Springfield", "state": "IL", "country": "US", "postal_code": "62704"}`, `"fulfillment_address": null`},
		"negative discount":     {`"display_text": "Discount", "amount": 100`, `"display_text": "Discount", "amount": -100`},
		"members of one's own":  {`"id": "cs_1"`, `"id": "cs_1", "checkout_url": "https://shop.example/c/1", "discounts": {}`},
		"older name of a link":  {`terms_of_use`, `terms_of_service`},
		"no buyer and metadata": {`"buyer": {"first_name": "Ada", "last_name": "Example", "email": "buyer@example.com"}`, `"buyer": null`},
	}
	for name, v := range variants {
		t.Run(name, func(t *testing.T) {
			for _, found := range CheckSession(json.RawMessage(replaced(t, v[0], v[1])), true) {
				t.Errorf("%+v", found)
			}
		})
	}
}

// replaced is the sound session with another text in one place.
func replaced(t *testing.T, old, now string) string {
	t.Helper()
	if old == "" {
		return sound
	}
	if strings.Count(sound, old) != 1 {
		t.Fatalf("%q is there %d times", old, strings.Count(sound, old))
	}
	return strings.Replace(sound, old, now, 1)
}

func TestEachViolationIsFoundAtItsPlace(t *testing.T) {
	for name, tt := range map[string]struct {
		old, now string
		path     string // of the only violation
		cure     string // part of rule and cure
	}{
		"no id":                       {`"id": "cs_1", `, ``, "$.id", "missing"},
		"not ready":                   {`ready_for_payment`, `not_ready_for_payment`, "$.status", "not_ready_for_payment"},
		"unknown mode":                {`"payment_mode": "test"`, `"payment_mode": "sandbox"`, "$.payment_mode", "live, test"},
		"no currency":                 {`"USD"`, `"dollars"`, "$.currency", "dollars"},
		"lower case":                  {`"USD"`, `"usd"`, "$.currency", "upper case"},
		"metadata of numbers":         {`"cart": "7"`, `"cart": 7`, "$.metadata.cart", "text"},
		"no provider":                 {`"provider": "stripe", `, ``, "$.payment_provider.provider", "missing"},
		"an article's name for it":    {`"provider": "stripe"`, `"type": "stripe"`, "$.payment_provider.type", "Rename"},
		"a public key":                {`"merchant_id"`, `"public_key"`, "$.payment_provider.public_key", "Rename"},
		"no way to pay":               {`[{"type": "card", "allowed_card_brands": ["visa"]}]`, `[]`, "$.payment_provider.supported_payment_methods", "at least one"},
		"mixed ways to pay":           {`[{"type": "card", "allowed_card_brands": ["visa"]}]`, `["card", {"type": "apple_pay"}]`, "$.payment_provider.supported_payment_methods", "all objects or all names"},
		"brands as text":              {`["visa"]`, `"visa"`, "$.payment_provider.supported_payment_methods[0].allowed_card_brands", "array"},
		"saved method without id":     {`"id": "pm_1"`, `"name": "pm_1"`, "$.payment_provider.managed_payment_methods[0].id", "missing"},
		"quantity of nothing":         {`"quantity": 2`, `"quantity": 0`, "$.line_items[0].item.quantity", "leave the line out"},
		"amount as text":              {`"base_amount": 3600`, `"base_amount": "36.00"`, "$.line_items[0].base_amount", "1250"},
		"amount with a fraction":      {`"tax": 261`, `"tax": 2.61`, "$.line_items[0].tax", "2.61"},
		"line that does not add up":   {`"total": 3761`, `"total": 3760`, "$.line_items[0].total", "3761"},
		"line of the next version":    {`"base_amount": 3600, "discount"`, `"unit_amount": 1800, "discount"`, "$.line_items[0]", "another version"},
		"picture over http":           {`https://shop.example/mug.png`, `http://shop.example/mug.png`, "$.line_items[0].images[0]", "https"},
		"nameless line":               {`"name": "Mug", `, ``, "$.line_items[0].name", "name"},
		"two totals":                  {`"type": "tax", "display_text": "Tax", "amount": 304`, `"type": "total", "display_text": "Tax", "amount": 304`, "$.totals", "There are 2"},
		"totals that do not add up":   {`"amount": 4394`, `"amount": 4395`, "$.totals", "4394"},
		"unknown total":               {`"type": "fulfillment"`, `"type": "shipping"`, "$.totals[3].type", "fulfillment"},
		"total without words":         {`"display_text": "Delivery"`, `"display_text": ""`, "$.totals[3].display_text", "words for the buyer"},
		"option that is not there":    {`"fulfillment_option_id": "std"`, `"fulfillment_option_id": "express"`, "$.fulfillment_option_id", "express"},
		"option that adds up wrong":   {`"total": 633`, `"total": 590`, "$.fulfillment_options[0].total", "633"},
		"option without a title":      {`"title": "Standard", `, ``, "$.fulfillment_options[0].title", "missing"},
		"time without a zone":         {`2026-12-01T12:00:00Z`, `2026-12-01`, "$.fulfillment_options[0].earliest_delivery_time", "RFC 3339"},
		"address of another host":     {`"line_one": "1 Street"`, `"line1": "1 Street"`, "$.fulfillment_address.line1", "line_one"},
		"country by name":             {`"country": "US"`, `"country": "United States"`, "$.fulfillment_address.country", "two letters"},
		"buyer with one name":         {`"first_name": "Ada", "last_name": "Example"`, `"first_name": "Test Buyer"`, "$.buyer.last_name", "missing"},
		"no messages":                 {`"messages": []`, `"messages": null`, "$.messages", "[]"},
		"links as an object":          {`"links": [{"type": "terms_of_use", "url": "https://shop.example/terms"}, {"type": "privacy_policy", "url": "http://127.0.0.1:8080/privacy"}]`, `"links": {"terms": "https://shop.example/terms"}`, "$.links", "array"},
		"no privacy policy":           {`, {"type": "privacy_policy", "url": "http://127.0.0.1:8080/privacy"}`, ``, "$.links", "privacy_policy"},
		"relative link":               {`https://shop.example/terms`, `/terms`, "$.links[0].url", "absolute"},
		"the host's own":              {`"id": "cs_1"`, `"id": "cs_1", "conversation_id": "c"`, "$.conversation_id", "by itself"},
		"of the next version":         {`"id": "cs_1"`, `"id": "cs_1", "fulfillment_details": {}`, "$.fulfillment_details", "fulfillment_address"},
		"order of another session":    {`"id": "cs_1"`, `"id": "cs_1", "order": {"id": "o", "checkout_session_id": "cs_2", "permalink_url": "https://shop.example/o"}`, "$.order.checkout_session_id", "same id"},
		"order without an address":    {`"id": "cs_1"`, `"id": "cs_1", "order": {"id": "o", "checkout_session_id": "cs_1"}`, "$.order.permalink_url", "missing"},
		"a tool result around it all": {sound, `{"structuredContent": ` + sound + `}`, "$", "structuredContent alone"},
	} {
		t.Run(name, func(t *testing.T) {
			found := CheckSession(json.RawMessage(replaced(t, tt.old, tt.now)), true)
			if len(found) != 1 {
				t.Fatalf("%d violations, want one at %s: %+v", len(found), tt.path, found)
			}
			v := found[0]
			if v.Path != tt.path || !strings.Contains(v.Rule+" "+v.Cure, tt.cure) || v.Cure == "" {
				t.Errorf("%+v, want %s and %q", v, tt.path, tt.cure)
			}
		})
	}
}

// What the tools of the server answer, as its transcripts have it, is sound.
func TestSessionsOfTheServerAreSound(t *testing.T) {
	archive, err := txtar.ParseFile("../server/mcp/testdata/calls/purchase.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range archive.Files {
		var result struct {
			Content struct {
				Lines json.RawMessage `json:"line_items"`
			} `json:"structuredContent"`
		}
		if json.Unmarshal(f.Data, &result) != nil || result.Content.Lines == nil {
			continue
		}
		var whole struct {
			Content json.RawMessage `json:"structuredContent"`
		}
		if err := json.Unmarshal(f.Data, &whole); err != nil {
			t.Fatal(err)
		}
		seen++
		// Times are written as a word there.
		session := regexp.MustCompile(`"TIME"`).ReplaceAll(whole.Content, []byte(`"2026-12-01T12:00:00Z"`))
		for _, v := range CheckSession(session, false) {
			t.Errorf("answer %d: %+v", seen, v)
		}
	}
	if seen < 5 {
		t.Errorf("%d sessions were looked at", seen)
	}
}

func TestWhatIsNoSessionIsTold(t *testing.T) {
	for _, text := range []string{"", "7", "[]", `"cs_1"`, "{}", "null"} {
		if found := CheckSession(json.RawMessage(text), true); len(found) == 0 {
			t.Errorf("%q has no violation", text)
		}
	}
}

func FuzzCheckSession(f *testing.F) {
	f.Add([]byte(sound))
	if archive, err := os.ReadFile("../server/mcp/testdata/calls/purchase.txtar"); err == nil {
		for _, file := range txtar.Parse(archive).Files {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, session []byte) {
		for _, v := range CheckSession(session, true) {
			if !strings.HasPrefix(v.Path, "$") || v.Rule == "" || v.Cure == "" {
				t.Fatalf("%+v says too little", v)
			}
		}
	})
}
