package money_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/money"
)

// zero and three are the currencies of ISO 4217 that do not have two decimals,
// four the two units of account with four.
var (
	zero  = strings.Fields("bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf")
	three = strings.Fields("bhd iqd jod kwd lyd omr tnd")
	four  = strings.Fields("clf uyw")
	two   = strings.Fields("aed ars aud brl cad chf cny cop czk dkk egp eur gbp hkd huf idr ils inr mad mga mru mxn myr ngn nok nzd pen php pkr pln ron sar sek sgd thb try twd uah usd uyu zar")
)

func TestExponentFollowsISO4217(t *testing.T) {
	for want, codes := range map[int][]string{0: zero, 3: three, 4: four, 2: two} {
		for _, code := range codes {
			for _, c := range []string{code, strings.ToUpper(code)} {
				if got, ok := money.Exponent(c); !ok || got != want {
					t.Errorf("Exponent(%q) = %d, %v; want %d", c, got, ok, want)
				}
			}
			if !money.Valid(code) {
				t.Errorf("Valid(%q) = false", code)
			}
		}
	}
}

func TestNotACurrency(t *testing.T) {
	for _, code := range []string{"", "us", "usdd", "zzz", "bgl", "u$d", "uſd", "us ", "日"} {
		if _, ok := money.Exponent(code); ok {
			t.Errorf("Exponent(%q) knows it", code)
		}
		if money.Valid(code) {
			t.Errorf("Valid(%q) = true", code)
		}
		if _, err := money.Parse("1", code); !errors.Is(err, money.ErrCurrency) {
			t.Errorf("Parse in %q: %v; want ErrCurrency", code, err)
		}
	}
	for _, code := range []string{"USD", "Usd"} {
		if money.Valid(code) {
			t.Errorf("Valid(%q) = true; ACP sends lower case", code)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		decimal, code string
		want          int64
		err           error
	}{
		{"19.99", "usd", 1999, nil},
		{"19.9", "usd", 1990, nil},
		{"19", "usd", 1900, nil},
		{"0", "usd", 0, nil},
		{"-0", "usd", 0, nil},
		{"-5", "eur", -500, nil},
		{"5.", "eur", 500, nil},
		{".5", "eur", 50, nil},
		{"19.9900", "usd", 1999, nil},
		{"007.10", "usd", 710, nil},
		{"1980", "jpy", 1980, nil},
		{"1980.00", "jpy", 1980, nil},
		{"1.2345", "clf", 12345, nil},
		{"1.235", "kwd", 1235, nil},
		{"1.2", "KWD", 1200, nil},
		{"90071992547409.91", "usd", money.Max, nil},
		{"-90071992547409.91", "usd", -money.Max, nil},

		{"90071992547409.92", "usd", 0, money.ErrRange},
		{"9007199254740992", "jpy", 0, money.ErrRange},
		{strings.Repeat("9", 400), "jpy", 0, money.ErrRange},
		{"19.999", "usd", 0, money.ErrScale},
		{"1.5", "jpy", 0, money.ErrScale},
		{"1.2345", "kwd", 0, money.ErrScale},
		{"", "usd", 0, money.ErrFormat},
		{".", "usd", 0, money.ErrFormat},
		{"-", "usd", 0, money.ErrFormat},
		{"--5", "usd", 0, money.ErrFormat},
		{"+5", "usd", 0, money.ErrFormat},
		{" 5", "usd", 0, money.ErrFormat},
		{"5 ", "usd", 0, money.ErrFormat},
		{"1,5", "usd", 0, money.ErrFormat},
		{"1.2.3", "usd", 0, money.ErrFormat},
		{"1.2.0", "usd", 0, money.ErrFormat},
		{"1e3", "usd", 0, money.ErrFormat},
		{"1.-5", "usd", 0, money.ErrFormat},
		{"0x10", "usd", 0, money.ErrFormat},
		{"٣", "usd", 0, money.ErrFormat},
		{"NaN", "usd", 0, money.ErrFormat},
	} {
		got, err := money.Parse(c.decimal, c.code)
		if !errors.Is(err, c.err) || got != c.want {
			t.Errorf("Parse(%.20q, %q) = %d, %v; want %d, %v", c.decimal, c.code, got, err, c.want, c.err)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		minor int64
		code  string
		want  string
	}{
		{1999, "usd", "19.99"},
		{5, "usd", "0.05"},
		{0, "usd", "0.00"},
		{-5, "usd", "-0.05"},
		{1980, "jpy", "1980"},
		{-1, "jpy", "-1"},
		{1235, "kwd", "1.235"},
		{7, "kwd", "0.007"},
		{12345, "clf", "1.2345"},
		{150, "zzz", "1.50"},
		{math.MinInt64, "usd", "-92233720368547758.08"},
	} {
		if got := money.Decimal(c.minor, c.code); got != c.want {
			t.Errorf("Decimal(%d, %q) = %q; want %q", c.minor, c.code, got, c.want)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		minor        int64
		code, locale string
		want         string
	}{
		{1999, "usd", "en-US", "$19.99"},
		{1999, "eur", "de", "19,99\u00a0€"},
		{123456789, "usd", "en", "$1,234,567.89"},
		{1980, "jpy", "en", "¥1,980"},
		{-500, "usd", "en", "-$5.00"},
		{1235, "kwd", "en", "KWD\u00a01.235"},
		{1999, "zzz", "en", "19.99 ZZZ"},
		{1999, "usd", "", "$19.99"},
		{1999, "usd", "not a locale", "$19.99"},
		{1999, "usd", "es-MX", "USD\u00a019.99"}, // "$19.99" are pesos
		{1999, "mxn", "es-MX", "$19.99"},
	} {
		if got := money.Format(c.minor, c.code, c.locale); got != c.want {
			t.Errorf("Format(%d, %q, %q) = %q; want %q", c.minor, c.code, c.locale, got, c.want)
		}
	}
}

func TestEnglish(t *testing.T) {
	for want, got := range map[string]string{
		"$1,234.56": money.English(123456, "usd"), "-€0.01": money.English(-1, "eur"), "CA$5.00": money.English(500, "cad"),
		"KWD 1.235": money.English(1235, "kwd"), "¥500": money.English(500, "jpy"), "1.00 ZZZ": money.English(100, "zzz"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	for _, c := range []struct {
		n            int64
		locale, want string
	}{
		{0, "en", "0"}, {-12, "de", "-12"}, {1234, "en-US", "1,234"}, {1234, "de", "1.234"}, {1234, "de-AT", "1\u00a0234"},
		{1234, "fr", "1\u202f234"}, {1234, "es", "1234"}, {12345, "es", "12.345"}, {12345, "ja", "12,345"},
		{math.MinInt64, "", "-9,223,372,036,854,775,808"},
	} {
		if got := money.FormatNumber(c.n, c.locale); got != c.want {
			t.Errorf("FormatNumber(%d, %q) = %q; want %q", c.n, c.locale, got, c.want)
		}
	}
}

var (
	amounts    = rapid.Int64Range(-money.Max, money.Max)
	currencies = rapid.SampledFrom(slices.Concat(zero, three, four, []string{"usd", "eur", "gbp", "idr"}))
)

func TestDecimalIsReadBackByParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, code := amounts.Draw(t, "minor"), currencies.Draw(t, "currency")
		got, err := money.Parse(money.Decimal(n, code), code)
		if err != nil || got != n {
			t.Fatalf("Parse(Decimal(%d, %q)) = %d, %v", n, code, got, err)
		}
	})
}

func TestAddIsExactOrRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(rapid.OneOf(amounts, rapid.Int64()), 0, 6).Draw(t, "terms")
		want, inRange := new(big.Int), true
		for _, n := range terms {
			want.Add(want, big.NewInt(n))
			inRange = inRange && isAmount(want)
		}
		got, err := money.Add(terms...)
		if inRange != (err == nil) || inRange && got != want.Int64() {
			t.Fatalf("Add(%v) = %d, %v; want %v", terms, got, err, want)
		}
	})
}

func TestMulDivIsExactAndRoundsOnce(t *testing.T) {
	any64 := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1000, 1000), amounts,
		rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, money.Max}))
	rapid.Check(t, func(t *rapid.T) {
		a, num, den := any64.Draw(t, "amount"), any64.Draw(t, "num"), any64.Draw(t, "den")
		mode := rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up}).Draw(t, "mode")
		got, err := money.MulDiv(a, num, den, mode)
		if den <= 0 || a == math.MinInt64 || num == math.MinInt64 {
			if !errors.Is(err, money.ErrRange) {
				t.Fatalf("MulDiv(%d, %d, %d) = %d, %v; want ErrRange", a, num, den, got, err)
			}
			return
		}
		want := quotient(a, num, den, mode)
		if !isAmount(want) {
			if !errors.Is(err, money.ErrRange) {
				t.Fatalf("MulDiv(%d, %d, %d, %d) = %d, %v; %v is no amount", a, num, den, mode, got, err, want)
			}
			return
		}
		if err != nil || got != want.Int64() {
			t.Fatalf("MulDiv(%d, %d, %d, %d) = %d, %v; want %v", a, num, den, mode, got, err, want)
		}
	})
}

// quotient is a*num/den rounded, by the definition of each mode.
func quotient(a, num, den int64, mode money.Rounding) *big.Int {
	p := new(big.Int).Mul(big.NewInt(a), big.NewInt(num))
	sign := int64(p.Sign())
	q, r := new(big.Int).QuoRem(p.Abs(p), big.NewInt(den), new(big.Int))
	half := new(big.Int).Lsh(r, 1).Cmp(big.NewInt(den)) // against one half
	away := false
	switch mode {
	case money.HalfUp:
		away = half >= 0
	case money.HalfEven:
		away = half > 0 || half == 0 && q.Bit(0) == 1
	case money.Up:
		away = r.Sign() > 0
	}
	if away {
		q.Add(q, big.NewInt(1))
	}
	return q.Mul(q, big.NewInt(sign))
}

func isAmount(n *big.Int) bool { return n.CmpAbs(big.NewInt(money.Max)) <= 0 }

func TestMulDivRoundsByMode(t *testing.T) {
	for _, c := range []struct {
		amount                 int64 // in quarters
		halfUp, even, down, up int64
	}{
		{0, 0, 0, 0, 0},
		{1, 0, 0, 0, 1},
		{2, 1, 0, 0, 1},
		{3, 1, 1, 0, 1},
		{4, 1, 1, 1, 1},
		{6, 2, 2, 1, 2},
		{10, 3, 2, 2, 3},
		{-2, -1, 0, 0, -1},
		{-6, -2, -2, -1, -2},
		{-10, -3, -2, -2, -3},
	} {
		for mode, want := range map[money.Rounding]int64{money.HalfUp: c.halfUp, money.HalfEven: c.even, money.Down: c.down, money.Up: c.up} {
			if got, err := money.MulDiv(c.amount, 1, 4, mode); err != nil || got != want {
				t.Errorf("%d/4 in mode %d = %d, %v; want %d", c.amount, mode, got, err, want)
			}
		}
	}
}

// 31 × 1190112520884487201 is 2^65 - 1: half of it is 2^64 - 1 and a rest, and
// rounding that up must not carry over into 0.
func TestMulDivDoesNotCarryOver(t *testing.T) {
	got, err := money.MulDiv(1190112520884487201, 31, 2, money.Up)
	if !errors.Is(err, money.ErrRange) {
		t.Errorf("MulDiv = %d, %v; want ErrRange", got, err)
	}
}

func TestAllocate(t *testing.T) {
	for _, c := range []struct {
		total   int64
		weights []int64
		want    []int64
		err     error
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}, nil},
		{-100, []int64{1, 1, 1}, []int64{-34, -33, -33}, nil},
		{5, []int64{3, 7}, []int64{2, 3}, nil},
		{1, []int64{1, 2}, []int64{0, 1}, nil},
		{10, []int64{0, 5, 0}, []int64{0, 10, 0}, nil},
		{10, []int64{0, 0}, []int64{10, 0}, nil},
		{0, []int64{4, 5}, []int64{0, 0}, nil},
		{0, nil, nil, nil},
		{1, nil, nil, money.ErrRange},
		{1, []int64{-1, 2}, nil, money.ErrRange},
		{1, []int64{-5, 5}, nil, money.ErrRange},
		{1, []int64{money.Max, 1}, nil, money.ErrRange},
		{money.Max + 1, []int64{1}, nil, money.ErrRange},
		{math.MinInt64, []int64{1}, nil, money.ErrRange},
	} {
		got, err := money.Allocate(c.total, c.weights)
		if !errors.Is(err, c.err) || !slices.Equal(got, c.want) {
			t.Errorf("Allocate(%d, %v) = %v, %v; want %v, %v", c.total, c.weights, got, err, c.want, c.err)
		}
	}
}

// Nothing is lost, every part is within one unit of its exact share, and of
// two equal weights the earlier never gets less.
func TestAllocateIsCompleteAndFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.OneOf(rapid.Int64Range(-1000, 1000), amounts).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, 1<<40)), 1, 12).Draw(t, "weights")
		parts, err := money.Allocate(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		var sum, whole int64
		for i := range parts {
			sum, whole = sum+parts[i], whole+weights[i]
		}
		if sum != total {
			t.Fatalf("Allocate(%d, %v) = %v, which sums to %d", total, weights, parts, sum)
		}
		if whole == 0 {
			return
		}
		sign := int64(1)
		if total < 0 {
			sign = -1
		}
		for i := range parts {
			low, high := quotient(total, weights[i], whole, money.Down), quotient(total, weights[i], whole, money.Up)
			if n := parts[i]; n != low.Int64() && n != high.Int64() {
				t.Fatalf("Allocate(%d, %v)[%d] = %d; its share is %v to %v", total, weights, i, n, low, high)
			}
			for j := range i {
				if weights[j] == weights[i] && sign*parts[j] < sign*parts[i] {
					t.Fatalf("Allocate(%d, %v) = %v: the later of equal weights got more", total, weights, parts)
				}
			}
		}
	})
}

func TestExponentDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { money.Valid("usd") }); n != 0 {
		t.Errorf("Valid allocates %v times", n)
	}
}

// FuzzParse holds Parse against math/big: what it accepts is exactly the number
// that the text says, and Decimal writes it back.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "19.99", "-5", ".5", "5.", "1.2.3", "1e9", "-0.000", "90071992547409.92", "0000000000000000000001.10", "٣"} {
		f.Add(s, "usd")
		f.Add(s, "jpy")
		f.Add(s, "KWD")
	}
	f.Fuzz(func(t *testing.T, s, code string) {
		n, err := money.Parse(s, code)
		if err != nil {
			if n != 0 {
				t.Fatalf("Parse(%q, %q) = %d with error %v", s, code, n, err)
			}
			return
		}
		if n > money.Max || n < -money.Max {
			t.Fatalf("Parse(%q, %q) = %d, out of range", s, code, n)
		}
		digits, ok := money.Exponent(code)
		if !ok {
			t.Fatalf("Parse(%q, %q) took an unknown currency", s, code)
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("Parse(%q, %q) = %d; it is not a number", s, code, n)
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
		if want.Mul(want, new(big.Rat).SetInt(scale)).Cmp(new(big.Rat).SetInt64(n)) != 0 {
			t.Fatalf("Parse(%q, %q) = %d; want %v", s, code, n, want)
		}
		if back, err := money.Parse(money.Decimal(n, code), code); err != nil || back != n {
			t.Fatalf("Parse(Decimal(%d)) = %d, %v", n, back, err)
		}
	})
}

func TestCheckedCurrencies(t *testing.T) {
	for code, want := range map[string]string{
		"eur":  "",
		"jpy":  "",
		"EUR":  `"EUR" is written in lower case: "eur"`,
		"Eur":  `"Eur" is written in lower case: "eur"`,
		"":     `"" is not a currency; write an ISO 4217 code in lower case, such as eur`,
		"euro": `"euro" is not a currency; write an ISO 4217 code in lower case, such as eur`,
		"ZZZ":  `"ZZZ" is not a currency; write an ISO 4217 code in lower case, such as eur`,
		"€":    `"€" is not a currency; write an ISO 4217 code in lower case, such as eur`,
	} {
		got := ""
		if err := money.CheckCurrency(code); err != nil {
			got = err.Error()
		}
		if got != want || (got == "") != money.Valid(code) {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
	if err := money.CheckCurrency(strings.Repeat("x", 1000)); len(err.Error()) > 150 {
		t.Errorf("a long one is repeated: %v", err)
	}
}
