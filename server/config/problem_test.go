package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
)

// merchant is minimal with one line more in the merchant, which is line 9.
func merchant(line string) string { return minimal + "    " + line + "\n" }

// replaced is minimal with a part of it replaced.
func replaced(old, new string) string { return strings.Replace(minimal, old, new, 1) }

// TestProblems has a case for every kind of problem: the text, and the whole
// line that is said about it.
func TestProblems(t *testing.T) {
	const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	for name, test := range map[string]struct {
		text    string
		environ []string
		want    string
	}{
		// The file.
		"not YAML":           {"a: [1\n", nil, `checkstand.yaml:2: is not YAML: did not find expected ',' or ']'`},
		"tab":                {"log:\n \tlevel: info\n", nil, `checkstand.yaml:2: is not YAML: this line is indented with a tab; use spaces`},
		"two documents":      {"log: {}\n---\nlog: {}\n", nil, `checkstand.yaml: holds 2 YAML documents; keep one and remove the lines "---"`},
		"not a mapping":      {"- listen", nil, `checkstand.yaml: is a list; write keys below it, such as "listen: …"`},
		"too large":          {strings.Repeat("#", config.MaxFileBytes+1), nil, `checkstand.yaml: the file is larger than 16777216 bytes`},
		"unknown key":        {merchant("shiping: []"), nil, `checkstand.yaml:9: merchants[0].shiping: unknown key; did you mean "shipping"?`},
		"key in wrong place": {merchant("listen: x"), nil, `checkstand.yaml:9: merchants[0].listen: unknown key; it belongs at the top of the file, without indentation`},
		"group elsewhere":    {merchant("webhook: {}"), nil, `checkstand.yaml:9: merchants[0].webhook: unknown key; it belongs in "merchants[].agents[]"`},
		"value elsewhere":    {"postal_prefix: x", nil, `checkstand.yaml:1: postal_prefix: unknown key; it belongs in "merchants[].tax.rates[]"`},
		"foreign key":        {"log: {colour: blue}", nil, `checkstand.yaml:1: log.colour: unknown key; the keys here are level, format`},
		"unprintable key":    {"\"a\\nb\": 1", nil, `checkstand.yaml:1: "a\nb": unknown key; the keys at the top of the file are listen, public_url, database, sealing_keys, log, limits, payments, protocol, idempotency, merchants`},
		"key is a list":      {"log: {[a]: b}", nil, `checkstand.yaml:1: log: has a key that is a list; a key is one word`},
		"key twice":          {"log: {}\nlisten: 127.0.0.1:1\nlog: {}\n", nil, `checkstand.yaml:3: log: is here twice, first in line 1; remove one of them`},
		"merge key":          {"log: {<<: {level: info}}", nil, `checkstand.yaml:1: log.<<: merging is not supported; write the keys out, or give a whole value an anchor (&name) and repeat it with *name`},
		"list for a value":   {"listen: [a]", nil, `checkstand.yaml:1: listen: is a list; write a single value`},
		"value for a list":   {"merchants: shop", nil, "checkstand.yaml:1: merchants: is a single value; write a list: one line for each, beginning with \"- \""},
		"value for a group":  {"log: debug", nil, `checkstand.yaml:1: log: is a single value; write keys below it, such as "level: …"`},
		"not a duration":     {"payments: {timeout: 30}", nil, `checkstand.yaml:1: payments.timeout: "30" is not a duration; write a number with its unit, such as "30s", "5m" or, for a day, "24h"`},
		"not a number":       {"limits: {body_bytes: 1e6}", nil, `checkstand.yaml:1: limits.body_bytes: "1e6" is not a whole number; write digits only, such as 20`},
		"not a bool":         {merchant("tax: {show_gross: yes}"), nil, `checkstand.yaml:9: merchants[0].tax.show_gross: "yes" is neither true nor false; write one of them`},

		// References.
		"unset variable":    {"listen: ${NOWHERE}", nil, `checkstand.yaml:1: listen: refers to ${NOWHERE}, but that environment variable is not set; set it, or write the value here`},
		"empty variable":    {"listen: ${EMPTY}", []string{"EMPTY="}, `checkstand.yaml:1: listen: refers to ${EMPTY}, but that environment variable is not set; set it, or write the value here`},
		"no variable":       {"listen: ${A-B}", nil, `checkstand.yaml:1: listen: has "${A-B}", which is no name of a variable; write "${NAME}" or "${file:/path}", or "$${" for the characters themselves`},
		"open reference":    {"listen: ${A", nil, `checkstand.yaml:1: listen: has "${" without "}"; write "${NAME}", or "$${" for the characters themselves`},
		"no path":           {`listen: "${file:}"`, nil, `checkstand.yaml:1: listen: has "${file:}" without a path; write "${file:/path}"`},
		"missing file":      {`listen: "${file:/does/not/exist}"`, nil, `checkstand.yaml:1: listen: refers to the file /does/not/exist, which does not exist; create it or correct the path`},
		"file is a folder":  {`listen: "${file:/}"`, nil, `checkstand.yaml:1: listen: refers to the file /, which is not a regular file; name one that holds nothing but the value`},
		"hidden type error": {"payments: {timeout: '${X}'}", []string{"X=hidden"}, `checkstand.yaml:1: payments.timeout: is not a duration; write a number with its unit, such as "30s", "5m" or, for a day, "24h"`},

		// The environment.
		"unknown variable":  {"", []string{"CHECKSTAND_LITSEN=x"}, `environment variable CHECKSTAND_LITSEN: is no key of the configuration; did you mean CHECKSTAND_LISTEN?`},
		"unknown indexed":   {minimal, []string{"CHECKSTAND_MERCHANTS_0_SHIPPING_0_TITEL=x"}, `environment variable CHECKSTAND_MERCHANTS_0_SHIPPING_0_TITEL: is no key of the configuration; did you mean CHECKSTAND_MERCHANTS_0_SHIPPING_0_TITLE?`},
		"foreign variable":  {"", []string{"CHECKSTAND_SOMETHING_ELSE_ALTOGETHER=x"}, `environment variable CHECKSTAND_SOMETHING_ELSE_ALTOGETHER: is no key of the configuration; unset it, or see the names in docs/configuration.md`},
		"variable of group": {"", []string{"CHECKSTAND_LOG=x"}, `environment variable CHECKSTAND_LOG: is no key of the configuration; unset it, or see the names in docs/configuration.md`},
		"gap in a list":     {minimal, []string{"CHECKSTAND_MERCHANTS_2_ID=x"}, `environment variable CHECKSTAND_MERCHANTS_2_ID: merchants[2]: would leave a gap, as the list has 1 entries; count from 0 without leaving one out`},
		"bad override":      {"", []string{"CHECKSTAND_LIMITS_BODY_BYTES=big"}, `environment variable CHECKSTAND_LIMITS_BODY_BYTES: limits.body_bytes: is not a whole number; write digits only, such as 20`},
		"invalid override":  {"log: {level: info}", []string{"CHECKSTAND_LOG_LEVEL=inof"}, `environment variable CHECKSTAND_LOG_LEVEL: log.level: "inof" is unknown; did you mean "info"?`},

		// The server.
		"listen":             {"listen: 8080", nil, `checkstand.yaml:1: listen: "8080" is not an address with a port; write "127.0.0.1:8080", or ":8080" for every interface`},
		"port":               {`listen: ":70000"`, nil, `checkstand.yaml:1: listen: ":70000" is not an address with a port; write "127.0.0.1:8080", or ":8080" for every interface`},
		"no public URL":      {`listen: ":8080"`, nil, `checkstand.yaml: public_url: is missing; write the origin that buyers reach the server at, such as "https://shop.example.com"`},
		"http public URL":    {"public_url: http://shop.example.com", nil, `checkstand.yaml:1: public_url: is http, which is for this machine only (localhost, 127.0.0.1); write https://shop.example.com`},
		"path in public URL": {"public_url: https://shop.example.com/acp", nil, `checkstand.yaml:1: public_url: has more than an origin; write scheme and host only, such as "https://shop.example.com"`},
		"no URL":             {"public_url: shop.example.com", nil, `checkstand.yaml:1: public_url: is not a URL; write one such as "https://shop.example.com"`},
		"other scheme":       {"public_url: ftp://shop.example.com", nil, `checkstand.yaml:1: public_url: begins with "ftp://"; write one such as "https://shop.example.com"`},
		"user in URL":        {"public_url: https://user:hidden@shop.example.com", nil, `checkstand.yaml:1: public_url: has a user or password in it; remove them`},
		"other database":     {"database: mysql://u:hidden@h/n", nil, `checkstand.yaml:1: database: is for "mysql"; write the path of a SQLite file, such as "checkstand.db", or a postgres:// URL`},
		"bad database URL":   {"database: 'postgres://u:hid den@%zz'", nil, `checkstand.yaml:1: database: is not a URL that PostgreSQL understands; write "postgres://user:password@host:5432/name", with special characters of the password percent-encoded`},
		"empty database":     {"database: 'sqlite:'", nil, `checkstand.yaml:1: database: is empty; write the path of a file, such as "checkstand.db", or a postgres:// URL`},
		"bad sealing key":    {"sealing_keys:\n- hidden", nil, `checkstand.yaml:2: sealing_keys[0]: a sealing key is 32 bytes in base64; make one with 'checkstand keys seal'`},
		"same sealing key":   {"sealing_keys:\n- " + key + "\n- " + key, nil, `checkstand.yaml:3: sealing_keys[1]: is the same key as sealing_keys[0]; remove one of them`},
		"many sealing keys":  {"sealing_keys: [" + strings.Repeat("x,", 17) + "]", nil, `checkstand.yaml:1: sealing_keys: 17 of them; at most 16, so remove those that nothing is sealed with any more`},
		"log level":          {"log: {level: loud}", nil, `checkstand.yaml:1: log.level: "loud" is unknown; write debug, info, warn or error`},
		"log format":         {"log: {format: jsno}", nil, `checkstand.yaml:1: log.format: "jsno" is unknown; did you mean "json"?`},
		"small body":         {"limits: {body_bytes: 5}", nil, `checkstand.yaml:1: limits.body_bytes: 5 is outside its bounds; write a number from 1024 to 16777216`},
		"negative rate":      {"limits: {key_per_second: -1}", nil, `checkstand.yaml:1: limits.key_per_second: -1 is outside its bounds; write a number from 0 to 1000000`},
		"no proxy":           {"limits: {trusted_proxies: [10.0.0.0/8, proxy]}", nil, `checkstand.yaml:1: limits.trusted_proxies[1]: "proxy" is no address; write one such as 10.1.2.3, or a prefix such as 10.0.0.0/8`},
		"long timeout":       {"limits: {read_timeout: 24h}", nil, `checkstand.yaml:1: limits.read_timeout: 24h is outside its bounds; write a duration from 100ms to 10m`},
		"long window":        {"limits: {signature_window: 2h}", nil, `checkstand.yaml:1: limits.signature_window: 2h is outside its bounds; write a duration from 10s to 1h`},
		"short window":       {"limits: {signature_window: 1s}", nil, `checkstand.yaml:1: limits.signature_window: 1s is outside its bounds; write a duration from 10s to 1h`},
		"long guessing":      {"limits: {wrong_codes_window: 25h}", nil, `checkstand.yaml:1: limits.wrong_codes_window: 25h is outside its bounds; write a duration from 1s to 24h`},
		"short write":        {"limits: {write_timeout: 20s}", nil, `checkstand.yaml:1: limits.write_timeout: 20s is not longer than payments.timeout and payments.unknown_budget together, 50s; a purchase may wait that long, so write more, such as 1m0s, or shorten them`},
		"mismatch status":    {"idempotency: {mismatch_status: 400}", nil, `checkstand.yaml:1: idempotency.mismatch_status: 400 is not a choice; write 409 or 422, or 0 for what the caller's API version says`},

		// Merchants.
		"no id":               {replaced("id: shop", "id:"), nil, `checkstand.yaml:3: merchants[0].id: is missing; write a name for it that never changes, such as "shop"`},
		"bad id":              {replaced("id: shop", "id: my shop"), nil, `checkstand.yaml:3: merchants[0].id: "my shop" is not fit for an id; write at most 64 letters, digits, "_", "-" and ".", such as "shop"`},
		"same id":             {minimal + strings.TrimPrefix(minimal, "\nmerchants:\n"), nil, `checkstand.yaml:9: merchants[1].id: "shop" is the id of merchants[0] too; give each merchant its own`},
		"no name":             {replaced("name: Test Shop", "locale: de"), nil, `checkstand.yaml:3: merchants[0].name: is missing; write the shop's name as buyers know it`},
		"no currency":         {replaced("currency: eur", ""), nil, `checkstand.yaml:3: merchants[0].currency: is missing; write an ISO 4217 code in lower case, such as "eur"`},
		"upper-case currency": {replaced("eur", "EUR"), nil, `checkstand.yaml:5: merchants[0].currency: "EUR" is written in lower case: "eur"`},
		"no such currency":    {replaced("eur", "euro"), nil, `checkstand.yaml:5: merchants[0].currency: "euro" is not a currency; write an ISO 4217 code in lower case, such as eur`},
		"no country":          {replaced("country: DE", ""), nil, `checkstand.yaml:3: merchants[0].country: is missing; write the country that the shop sells from, such as "DE"`},
		"bad country":         {replaced("country: DE", "country: Germany"), nil, `checkstand.yaml:6: merchants[0].country: "Germany" is no country of ISO 3166-1; write two upper-case letters, such as DE`},
		"no such country":     {replaced("country: DE", "country: XX"), nil, `checkstand.yaml:6: merchants[0].country: "XX" is no country of ISO 3166-1; write two upper-case letters, such as DE`},
		"blank country":       {replaced("country: DE", "country: '  '"), nil, `checkstand.yaml:6: merchants[0].country: "  " is no country of ISO 3166-1; write two upper-case letters, such as DE`},
		"country of habit":    {replaced("country: DE", "country: UK"), nil, `checkstand.yaml:6: merchants[0].country: "UK" is written GB in ISO 3166-1`},
		"locale":              {merchant("locale: '!'"), nil, `checkstand.yaml:9: merchants[0].locale: "!" is not a language tag; write one such as "en-US" or "de"`},
		"no terms":            {replaced("terms_of_use", "support"), nil, `checkstand.yaml:7: merchants[0].links.terms_of_use: is missing; every session shows it, so write its URL, such as "https://shop.example.com/terms-of-use"`},
		"http link":           {replaced("https://shop.example.com/terms", "http://shop.example.com/terms"), nil, `checkstand.yaml:7: merchants[0].links.terms_of_use: is http, which is for this machine only (localhost, 127.0.0.1); write https://shop.example.com`},
		"low stock":           {merchant("low_stock: -1"), nil, `checkstand.yaml:9: merchants[0].low_stock: -1 is outside its bounds; write a number from 0 to 1000000`},
		"session ttl":         {merchant("session_ttl: 1s"), nil, `checkstand.yaml:9: merchants[0].session_ttl: 1s is outside its bounds; write a duration from 1m to 720h`},
		"cart ttl":            {merchant("carts:\n      ttl: 10s"), nil, `checkstand.yaml:10: merchants[0].carts.ttl: 10s is outside its bounds; write a duration from 1m to 2160h`},
		"quote outlives":      {merchant("quote_ttl: 7h"), nil, `checkstand.yaml:9: merchants[0].quote_ttl: 7h is longer than session_ttl, 6h; a price cannot outlive its session`},

		// Tax.
		"rounding":     {merchant("tax: {rounding: halfup}"), nil, `checkstand.yaml:9: merchants[0].tax.rounding: "halfup" is unknown; did you mean "half_up"?`},
		"gross":        {merchant("tax: {show_gross: true}"), nil, `checkstand.yaml:9: merchants[0].tax.show_gross: needs prices with tax in them; write prices_include_tax: true, or remove show_gross`},
		"percent":      {merchant("tax: {rates: [{country: DE, percent: 19%}]}"), nil, `checkstand.yaml:9: merchants[0].tax.rates[0].percent: "19%" is not a number; write percent from 0 to 100 with at most 4 decimals, such as "19" or "8.875"`},
		"no percent":   {merchant("tax: {rates: [{country: DE}]}"), nil, `checkstand.yaml:9: merchants[0].tax.rates[0].percent: is missing; write the rate in percent, such as "19" or "8.875"`},
		"rate country": {merchant("tax: {rates: [{country: UK, percent: 20}]}"), nil, `checkstand.yaml:9: merchants[0].tax.rates[0].country: "UK" is written GB in ISO 3166-1`},
		"rate twice":   {merchant("tax: {rates: [{country: DE, percent: 19}, {country: DE, percent: 7}]}"), nil, `checkstand.yaml:9: merchants[0].tax.rates[1]: is for the same place and class as rates[0]; remove one of them`},

		// Shipping.
		"kind":               {merchant("shipping: [{id: a, title: A, kind: flatt}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].kind: "flatt" is unknown; did you mean "flat"?`},
		"no shipping id":     {merchant("shipping: [{title: A, price: 1}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].id: is missing; it names the option in sessions and orders and should never change`},
		"same shipping id":   {merchant("shipping: [{id: a, title: A, price: 1}, {id: a, title: A, price: 1}]"), nil, `checkstand.yaml:9: merchants[0].shipping[1].id: "a" is shipping[0] too; give each method its own`},
		"comma":              {merchant("shipping: [{id: a, title: A, price: '4,90'}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: "4,90" is not an amount; write digits with a point and no currency sign, as in "4.90"`},
		"decimals":           {merchant("shipping: [{id: a, title: A, price: 4.905}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: "4.905" has more decimals than eur has, which is 2; write it as in "4.90"`},
		"decimals of yen":    {strings.Replace(merchant("shipping: [{id: a, title: A, price: 4.9}]"), "eur", "jpy", 1), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: "4.9" has more decimals than jpy has, which is 0; write it as in "490"`},
		"negative price":     {merchant("shipping: [{id: a, title: A, price: -1}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: "-1" is below zero; write what the buyer pays, as in "4.90"`},
		"huge price":         {merchant("shipping: [{id: a, title: A, price: 99999999999999999}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: "99999999999999999" is too large; the most is 90071992547409.91`},
		"no price":           {merchant("shipping: [{id: a, title: A}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: is missing; write it as in "4.90", or "0" if it is free`},
		"free from nothing":  {merchant("shipping: [{id: a, title: A, price: 1, free_from: 0}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].free_from: 0 would make it free always; write price: "0" for that, or remove it`},
		"no tiers":           {merchant("shipping: [{id: a, title: A, kind: by_weight}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].tiers: are missing; give at least one, the last without up_to to hold every cart`},
		"tiers of flat":      {merchant("shipping: [{id: a, title: A, price: 1, tiers: [{price: 1}]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].tiers: a method of kind "flat" has a price instead; remove the tiers or make it "by_weight" or "by_subtotal"`},
		"price of tiers":     {merchant("shipping: [{id: a, title: A, kind: by_weight, price: 1, tiers: [{price: 1}]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].price: a method of kind "by_weight" is priced by its tiers; remove it`},
		"weight":             {merchant("shipping: [{id: a, title: A, kind: by_weight, tiers: [{up_to: 2 kg, price: 1}]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].tiers[0].up_to: "2 kg" is not a weight; write whole grams, such as 2000`},
		"subtotal":           {merchant("shipping: [{id: a, title: A, kind: by_subtotal, tiers: [{up_to: x, price: 1}]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].tiers[0].up_to: "x" is not an amount; write digits with a point and no currency sign, as in "4.90"`},
		"tier order":         {merchant("shipping: [{id: a, title: A, kind: by_subtotal, tiers: [{up_to: 50, price: 1}, {up_to: 9.99, price: 2}]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].tiers[1].up_to: "9.99" is not more than "50" of the tier before; list tiers from small to large`},
		"tier price":         {merchant("shipping: [{id: a, title: A, kind: by_weight, tiers: [{up_to: 50}]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].tiers[0].price: is missing; write it as in "4.90", or "0" if it is free`},
		"days":               {merchant("shipping: [{id: a, title: A, price: 1, min_days: 3}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].max_days: 0 is less than min_days 3`},
		"region not served":  {merchant("shipping: [{id: a, title: A, price: 1, countries: [DE], regions: [US-CA]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].regions[0]: "US-CA" is not in a country that the method serves; add "US" to countries or remove the region`},
		"country of a list":  {merchant("shipping: [{id: a, title: A, price: 1, countries: [de]}]"), nil, `checkstand.yaml:9: merchants[0].shipping[0].countries[0]: "de" is written DE in ISO 3166-1`},
		"shipping not a map": {merchant("shipping: [standard]"), nil, `checkstand.yaml:9: merchants[0].shipping[0]: is a single value; write keys below it, such as "id: …"`},

		// Payment.
		"no payment":        {replaced("payment:", "tax: {} #"), nil, `checkstand.yaml:3: merchants[0].payment: is missing, so nothing can be bought; write test: {provider: sandbox, url: "http://127.0.0.1:8090", key: …, merchant_id: …} to begin`},
		"no provider":       {replaced("provider: sandbox, ", ""), nil, `checkstand.yaml:8: merchants[0].payment.test.provider: is missing; write the payment provider, such as sandbox`},
		"unknown provider":  {replaced("provider: sandbox", "provider: paypal"), nil, `checkstand.yaml:8: merchants[0].payment.test.provider: "paypal" is unknown; this version has: sandbox, stripe, adyen and braintree`},
		"sandbox is live":   {replaced("{test:", "{live:"), nil, `checkstand.yaml:8: merchants[0].payment.live.provider: "sandbox" moves no money, so it is refused in live mode; move it to payment.test, and write a real provider here or remove payment.live`},
		"live key in test":  {replaced("key-of-the", "sk_live_hidden"), nil, `checkstand.yaml:8: merchants[0].payment.test.key: is a live key, as it begins with "sk_live_"; test mode must not have it, so write the test one`},
		"test key in live":  {strings.NewReplacer("{test:", "{live:", "key-of-the", "rk_test_hidden").Replace(minimal), nil, `checkstand.yaml:8: merchants[0].payment.live.key: is a test key, as it begins with "rk_test_"; write the live one`},
		"one key for both":  {replaced("acct}", "acct}, live: {provider: x, key: key-of-the-sandbox}"), nil, `checkstand.yaml:8: merchants[0].payment.live.key: is the key of test mode too; write the provider's live key`},
		"no sandbox URL":    {replaced(`url: "http://127.0.0.1:8090", `, ""), nil, `checkstand.yaml:8: merchants[0].payment.test.url: is missing; write where the provider answers, such as "http://127.0.0.1:8090"`},
		"no key":            {replaced("key: key-of-the-sandbox, ", ""), nil, `checkstand.yaml:8: merchants[0].payment.test.key: is missing; refer to the provider's secret key, as in ${file:/run/secrets/psp_key} or ${PSP_KEY}`},
		"no merchant id":    {replaced(", merchant_id: acct", ""), nil, `checkstand.yaml:8: merchants[0].payment.test.merchant_id: is missing; write the shop's id at the provider, such as "acct_shop"`},
		"stand-in":          {replaced("acct}", "acct, stand_in: strip}"), nil, `checkstand.yaml:8: merchants[0].payment.test.stand_in: "strip" is unknown; did you mean "stripe"?`},
		"capture":           {replaced("acct}", "acct, capture: on_shipmet}"), nil, `checkstand.yaml:8: merchants[0].payment.test.capture: "on_shipmet" is unknown; did you mean "on_shipment"?`},
		"brand":             {replaced("acct}", "acct, brands: [visa, mastercad]}"), nil, `checkstand.yaml:8: merchants[0].payment.test.brands[1]: "mastercad" is unknown; did you mean "mastercard"?`},
		"brand twice":       {replaced("acct}", "acct, brands: [visa, visa]}"), nil, `checkstand.yaml:8: merchants[0].payment.test.brands[1]: "visa" is in the list twice; remove one of them`},
		"no brands":         {replaced("acct}", "acct, brands: []}"), nil, `checkstand.yaml:8: merchants[0].payment.test.brands: are empty; write those that the shop accepts, such as [visa, mastercard]`},
		"literal live key":  {replaced("{test:", "{live:"), nil, `checkstand.yaml:8: warning: merchants[0].payment.live.key: is a secret written out in the file of a server with live payments; refer to it, as in ${file:/run/secrets/…} or ${NAME}`},
		"literal seal live": {"sealing_keys: [" + key + "]" + replaced("{test:", "{live:"), nil, `checkstand.yaml:1: warning: sealing_keys[0]: is a secret written out in the file of a server with live payments; refer to it, as in ${file:/run/secrets/…} or ${NAME}`},
		"literal webhook":   {account("live", stripeLive+", stripe: {webhook_secret: whsec_hidden}}, test: {provider: none"), []string{"LIVE=sk_live_1"}, `checkstand.yaml:8: warning: merchants[0].payment.live.stripe.webhook_secret: is a secret written out in the file of a server with live payments; refer to it, as in ${file:/run/secrets/…} or ${NAME}`},
		"literal HMAC key":  {account("live", strings.Replace(adyenLive, "adyen: {", "adyen: {hmac_keys: ["+hmacKey+"], ", 1)+"}, test: {provider: none"), []string{"LIVE=1"}, `checkstand.yaml:8: warning: merchants[0].payment.live.adyen.hmac_keys[0]: is a secret written out in the file of a server with live payments; refer to it, as in ${file:/run/secrets/…} or ${NAME}`},

		// Agents.
		"agent name":        {merchant("agents: [{name: a b}]"), nil, `checkstand.yaml:9: merchants[0].agents[0].name: "a b" is not fit for an id; write at most 64 letters, digits, "_", "-" and ".", such as "chatgpt"`},
		"agent twice":       {merchant("agents: [{name: a}, {name: a}]"), nil, `checkstand.yaml:9: merchants[0].agents[1].name: "a" is the name of agents[0] too; give each agent its own`},
		"no webhook URL":    {merchant("agents: [{name: a, webhook: {secret: hidden-from-everyone}}]"), nil, `checkstand.yaml:9: merchants[0].agents[0].webhook.url: is missing; write where order events are sent, such as "https://agent.example.com/webhooks", or remove the secret`},
		"no webhook secret": {merchant("agents: [{name: a, webhook: {url: 'https://a.example.com'}}]"), nil, `checkstand.yaml:9: merchants[0].agents[0].webhook.secret: is missing; refer to the key that was agreed with the agent, as in ${file:/run/secrets/webhook_secret}`},
		"webhook header":    {merchant("agents: [{name: a, webhook: {url: 'https://a.example.com', secret: hidden-from-everyone, header: 'A B'}}]"), nil, `checkstand.yaml:9: merchants[0].agents[0].webhook.header: "A B" is not a header name; write one such as "Merchant-Signature"`},
		"webhook encoding":  {merchant("agents: [{name: a, webhook: {url: 'https://a.example.com', secret: hidden-from-everyone, encoding: base32}}]"), nil, `checkstand.yaml:9: merchants[0].agents[0].webhook.encoding: "base32" is unknown; did you mean "base64"?`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("checkstand.yaml", []byte(test.text), test.environ)
			if _, ok := errors.AsType[*config.Error](err); !ok {
				t.Fatalf("Parse: %v; want an *Error", err)
			}
			if !strings.Contains("\n"+err.Error()+"\n", "\n"+test.want+"\n") {
				t.Errorf("said:\n%v\nwant among it:\n%s", err, test.want)
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("shows a secret:\n%v", err)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no sealing key": {minimal, "checkstand.yaml: warning: sealing_keys: are missing, and 'checkstand serve' needs one; make it with 'checkstand keys seal' and refer to it: - ${file:/run/secrets/checkstand_sealing_key}"},
		"another port":   {"listen: 127.0.0.1:9000\npublic_url: http://127.0.0.1:8080", "checkstand.yaml:2: warning: public_url: is http://127.0.0.1:8080, but the server listens on 127.0.0.1:9000; give both the same port, here and in links to this server"},
		"no merchant":    {"log: {}", "checkstand.yaml: warning: merchants: are missing, so there is nothing to sell; add one, such as - id: shop"},
		"form without 3DS": {account("test", braintreeTest+", three_ds: always, acquirer: {bin: '412345', merchant_id: '123'}"),
			"checkstand.yaml:8: warning: merchants[0].payment.test.three_ds: with always nobody can pay at braintree on the checkout page, whose form does not authenticate; agents that authenticate can"},
		"short secret": {merchant("agents: [{name: a, webhook: {url: 'https://a.example.com', secret: short}}]"), "checkstand.yaml:9: warning: merchants[0].agents[0].webhook.secret: is shorter than 16 characters, so signatures could be forged by guessing; agree on a longer one"},
	} {
		var said []string
		for _, p := range parse(t, test.text).Warnings() {
			said = append(said, p.String())
		}
		if !strings.Contains("\n"+strings.Join(said, "\n")+"\n", "\n"+test.want+"\n") {
			t.Errorf("%s: said %q; want %q", name, said, test.want)
		}
	}
	if w := parse(t, "sealing_keys: ["+secret.GenerateKey()+"]"+minimal).Warnings(); len(w) > 0 {
		t.Errorf("warnings about a good configuration: %v", w)
	}
}

// One mistake is one line: what follows from it is left out.
func TestOneMistakeIsOneLine(t *testing.T) {
	key := "sealing_keys: [" + secret.GenerateKey() + "]"
	places := strings.TrimSuffix(shipping(goodPickup), "\n") + "\n      - {" + goodCourier + "}\n"
	for name, text := range map[string]string{
		"not YAML":        "a: [1",
		"group":           key + replaced(`links: {terms_of_use: "https://shop.example.com/terms", privacy_policy: "https://shop.example.com/privacy"}`, "links: none"),
		"list":            key + "\nmerchants: none",
		"duration":        "payments: {timeout: soon}\n" + key + minimal,
		"wrong currency":  key + strings.Replace(merchant("shipping: [{id: a, title: A, price: x}]"), "eur", "EUR", 1),
		"bad reference":   key + replaced("Test Shop", "${NOWHERE}"),
		"wrong country":   key + strings.Replace(places, "country: DE", "country: Germany", 1),
		"lower case":      key + strings.Replace(places, "country: DE", "country: de", 1),
		"other country":   key + strings.Replace(places, "country: DE", "country: XX", 1),
		"no country":      key + strings.Replace(places, "    country: DE\n", "", 1),
		"percent of rate": key + merchant("tax: {rates: [{country: DE, percent: 101}]}"),
	} {
		_, err := config.Parse("checkstand.yaml", []byte(text), nil)
		if bad, ok := errors.AsType[*config.Error](err); !ok || len(bad.Problems) != 1 {
			t.Errorf("%s:\n%v", name, err)
		}
	}
}

// Everything that is wrong is said at once, in the order of the file.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := config.Parse("c.yaml", []byte("sealing_keys: [x]\nlisten: x\nlog:\n  level: x\n  colour: x\nmerchants:\n- id: x y\n"), []string{"CHECKSTAND_LGO=x"})
	var at []string
	if bad, ok := errors.AsType[*config.Error](err); ok {
		for _, p := range bad.Problems {
			at = append(at, p.Path+p.Env)
		}
	}
	want := "sealing_keys[0] listen log.level log.colour merchants[0].id"
	if got := strings.Join(at, " "); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "CHECKSTAND_LGO") {
		t.Errorf("problems at %s; want %s … CHECKSTAND_LGO", got, want)
	}
}

func TestErrorIsCutShort(t *testing.T) {
	_, err := config.Parse("c.yaml", []byte("listen: 1\n"+strings.Repeat("x", 3)+": 1\nlog: {"+strings.Repeat("a: 1, ", 300)+"}"), nil)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 5 { // sealing keys, merchants, listen, xxx, and the repeated key once
		t.Errorf("%d lines:\n%v", len(lines), err)
	}
	var keys strings.Builder
	for i := range 300 {
		fmt.Fprintf(&keys, "key-%d: 1\n", i)
	}
	_, err = config.Parse("c.yaml", []byte(keys.String()), nil)
	if lines = strings.Split(err.Error(), "\n"); len(lines) != 101 || !strings.HasSuffix(err.Error(), "more") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// Few lines of aliases can stand for more values than memory holds, or for
// values without end.
func TestAliasesAreBounded(t *testing.T) {
	const merchants = 5000
	for name, text := range map[string]string{
		"many": "merchants:\n- &m\n  tax:\n    rates:\n    - &r {country: DE}\n" +
			strings.Repeat("    - *r\n", merchants) + strings.Repeat("- *m\n", merchants),
		"endless":  "merchants: &m [*m]",
		"of twins": "a: &a {b: &b {c: *a}, d: *b}",
	} {
		_, err := config.Parse("c.yaml", []byte(text), nil)
		if err == nil || err.Error() != "c.yaml: has more than 2097152 keys and values; look for aliases (*name) that repeat too much, or themselves" {
			t.Errorf("%s: Parse: %.300v", name, err)
		}
	}
}

func TestReferencedFileIsBounded(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		size int
		want string
	}{
		"large": {config.MaxReferenceBytes + 1, "is larger than 65536 bytes"},
		"empty": {0, "is empty"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("x", test.size)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Parse("c.yaml", []byte("listen: ${file:"+path+"}"), nil)
		if err == nil || !strings.Contains(err.Error(), "refers to the file "+path+", which "+test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A Config built in Go is validated as one from a file is, without places.
func TestValidateWithoutAFile(t *testing.T) {
	c := config.Default()
	c.Log.Level = "loud"
	c.Merchants = []config.MerchantConfig{config.DefaultMerchant()}
	var said strings.Builder
	for _, p := range c.Validate() {
		said.WriteString(p.String() + "\n")
	}
	for _, want := range []string{"log.level: \"loud\" is unknown", "\nmerchants[0].id: is missing", "\nmerchants[0].payment: is missing"} {
		if !strings.Contains("\n"+said.String(), want) {
			t.Errorf("lacks %q:\n%s", want, said.String())
		}
	}
}
