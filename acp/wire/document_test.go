package wire_test

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/money"
)

func parse(t testing.TB, body string) *wire.Document {
	t.Helper()
	doc, err := wire.Parse([]byte(body), acp.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return doc
}

func TestFingerprint(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		same       bool
	}{
		{"member order", `{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{"white space", `{"a":[1,2]}`, " {\n\"a\" : [ 1 , 2 ] }\t", true},
		{"1.0 is 1", `{"quantity":1}`, `{"quantity":1.0}`, true},
		{"1e2 is 100", `[100]`, `[1e2]`, true},
		{"-0 is 0", `[0]`, `[-0]`, true},
		{"escapes", `{"a":"é/"}`, `{"a":"\u00e9\/"}`, true},
		{"white space is an empty body", ``, " \n", true},
		{"null is not absent", `{"a":null}`, `{}`, false},
		{"order of arrays", `[1,2]`, `[2,1]`, false},
		{"a string is not a number", `["1"]`, `[1]`, false},
		{"an empty body is not {}", ``, `{}`, false},
		{"an empty body is not null", ``, `null`, false},
		{"case of names", `{"a":1}`, `{"A":1}`, false},
		{"unknown members count", `{"a":1}`, `{"a":1,"x":2}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if same := parse(t, tt.a).Fingerprint() == parse(t, tt.b).Fingerprint(); same != tt.same {
				t.Errorf("%s and %s: same is %t", tt.a, tt.b, same)
			}
		})
	}
	if parse(t, "").Fingerprint() != sha256.Sum256(nil) {
		t.Error("the fingerprint of an empty body is that of no bytes")
	}
}

// The example of RFC 8785, section 3.2.2 and 3.2.3.
func TestCanonicalForm(t *testing.T) {
	body := `{
		"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
		"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
		"literals": [null, true, false]
	}`
	want := `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`
	if got := string(parse(t, body).Canonical()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBrokenBodies(t *testing.T) {
	const secret = "4242424242424242"
	for _, tt := range []struct{ name, body, message string }{
		{"not JSON", `{"a":` + secret, "ends too early at byte 21"},
		{"a comma too many", `{"a":1,}`, "not valid JSON at byte"},
		{"a name twice", `{"` + secret + `":1,"` + secret + `":2}`, "member name twice in one object at byte"},
		{"a name twice, escaped", `{"a":1,"\u0061":2}`, "member name twice"},
		{"two values", `{} {"a":"` + secret + `"}`, "goes on after its end"},
		{"bytes that are no UTF-8", "{\"a\":\"\xff\"}", "not valid JSON at byte"},
		{"too deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), "deeper than 32"},
		{"very deep", strings.Repeat(`{"a":`, 5000), "deeper than 32"},
		{"a bare word", secret + "x", "byte"},
		{"an open string", `"` + secret, "byte"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wire.Parse([]byte(tt.body), acp.DefaultLimits())
			e := acp.AsError(err)
			if err == nil || e.Status != 400 || e.Code != acp.CodeInvalid || e.Type != acp.InvalidRequest {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(e.Message, tt.message) {
				t.Errorf("%q does not say %q", e.Message, tt.message)
			}
			if strings.Contains(e.Message, secret) {
				t.Errorf("%q shows the body", e.Message)
			}
		})
	}
	if _, err := wire.Parse([]byte(strings.Repeat("[", 32)+strings.Repeat("]", 32)), acp.DefaultLimits()); err != nil {
		t.Errorf("32 levels: %v", err)
	}
}

func TestErrorsShowNoToken(t *testing.T) {
	const token = "vt_secret with a space"
	doc := parse(t, `{"payment_data":{"provider":"stripe","token":"`+token+`"}}`)
	_, err := codec(t, acp.V20250929).DecodeComplete(doc)
	if err == nil || strings.Contains(acp.AsError(err).Message, "secret") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownMembers(t *testing.T) {
	doc := parse(t, `{"line_items":[{"id":"a","gift":true},{"id":"b","gift":{"deep":1}}],"x y":{"z":1},"currency":"usd",
		"capabilities":{"interventions":{"supported":[]},"telepathy":{}},"metadata":{"anything":{"goes":1}},"items":[{"id":"c"}]}`)
	if _, err := codec(t, acp.V20260417).DecodeCreate(doc); err != nil {
		t.Fatal(err)
	}
	want := []string{"$.line_items[0].gift", "$.line_items[1].gift", `$["x y"]`, "$.capabilities.telepathy", "$.items"}
	if diff := cmp.Diff(want, doc.Unknown()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	doc = parse(t, `{`+numbered(100)+`}`)
	if _, err := codec(t, acp.V20260417).DecodeUpdate(doc); err != nil {
		t.Fatal(err)
	}
	if n := len(doc.Unknown()); n != wire.MaxUnknown {
		t.Errorf("%d paths, want %d", n, wire.MaxUnknown)
	}
}

// A quantity is accepted exactly when the literal stands for an integer in
// range, however it is written.
func TestIntegersAreExact(t *testing.T) {
	c := codec(t, acp.V20260417)
	amount := func(literal string) (int64, bool) {
		req, err := c.DecodeUpdate(parse(t, `{"line_items":[{"id":"a","unit_amount":`+literal+`}]}`))
		if err != nil {
			return 0, false
		}
		return req.Items.Value[0].UnitAmount, true
	}
	for literal, want := range map[string]int64{
		"0": 0, "-0": 0, "0.0": 0, "0e9": 0, "7": 7, "1.0": 1, "1e2": 100, "1.5e1": 15, "30e-1": 3, "1200.00e-2": 12,
		"9007199254740991": money.Max, "9007199254740991.0": money.Max, "0.9007199254740991e16": money.Max,
	} {
		if got, ok := amount(literal); !ok || got != want {
			t.Errorf("%s: got %d, %t; want %d", literal, got, ok, want)
		}
	}
	for _, literal := range []string{"1.5", "9007199254740992", "1e300", "1e-1", "1e99999999999", "0.1e-99999999999", "4503599627370497.5", "-1", "1e400"} {
		if got, ok := amount(literal); ok {
			t.Errorf("%s: accepted as %d", literal, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		mantissa := rapid.StringMatching(`(0|[1-9][0-9]{0,17})(\.[0-9]{1,5})?`).Draw(t, "mantissa")
		literal := mantissa + "e" + strconv.Itoa(rapid.IntRange(-20, 20).Draw(t, "exponent"))
		exact, ok := new(big.Rat).SetString(literal)
		if !ok {
			t.Skip()
		}
		want := exact.IsInt() && exact.Num().Cmp(big.NewInt(money.Max)) <= 0
		got, ok := amount(literal)
		if ok != want || ok && exact.Num().Int64() != got {
			t.Fatalf("%s: got %d, %t", literal, got, ok)
		}
	})
}

// Canonicalisation changes nothing that is canonical, and nothing that a
// decoder reads.
func TestCanonicalIsIdempotent(t *testing.T) {
	value := rapid.Deferred(func() *rapid.Generator[string] { return jsonText(3) })
	rapid.Check(t, func(t *rapid.T) {
		body := value.Draw(t, "body")
		doc, err := wire.Parse([]byte(body), acp.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		once := doc.Canonical()
		again, err := wire.Parse(once, acp.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if !bytes.Equal(once, again.Canonical()) || doc.Fingerprint() != again.Fingerprint() {
			t.Fatalf("%s became %s", once, again.Canonical())
		}
	})
}

// jsonText generates JSON of at most depth levels, with white space.
func jsonText(depth int) *rapid.Generator[string] {
	scalar := rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "0", "-1.50", "1e3", `"\u00e4"`, `""`}),
		rapid.Map(rapid.String(), strconv.QuoteToASCII),
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
	)
	scalar = rapid.Map(scalar, func(s string) string {
		if strings.HasPrefix(s, `"`) && strings.ContainsAny(s, "\\") && s != `"\u00e4"` {
			return `"x"` // Go's escapes are not JSON's
		}
		return s
	})
	if depth == 0 {
		return scalar
	}
	list := rapid.Map(rapid.SliceOfN(jsonText(depth-1), 0, 3), func(v []string) string { return "[ " + strings.Join(v, ",\n") + "]" })
	object := rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-zé€]{1,3}`), jsonText(depth-1), 0, 4), func(m map[string]string) string {
		var members []string
		for k, v := range m {
			members = append(members, `"`+k+`": `+v)
		}
		return "{" + strings.Join(members, ", ") + "}"
	})
	return rapid.OneOf(scalar, list, object)
}
