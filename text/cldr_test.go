package text

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/cldr.tsv
var cldr string

// differently are the rows of the table that are written otherwise on purpose.
var differently = map[string]string{
	// The CLDR has no range of days in the words of Japanese, only in figures.
	"ja-JP 2026-03-14 2026-03-17": "2026年3月14日～17日",
	"ja-JP 2026-03-30 2026-04-02": "2026年3月30日～4月2日",
	"ja-JP 2026-12-30 2027-01-02": "2026年12月30日～2027年1月2日",
}

// Amounts, numbers, days and times of day are written as the CLDR says.
func TestFormatsAreThoseOfTheCLDR(t *testing.T) {
	rows := 0
	for row := range strings.Lines(cldr) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		c := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		kind, locale, want := c[0], c[1], c[4]
		texts, got := For(locale), ""
		switch kind {
		case "amount":
			got = texts.Money(number(t, c[3]), c[2])
		case "number":
			got = texts.Number(number(t, c[3]))
		case "days":
			if c[3] == "" {
				got = texts.Date(date(t, c[2]))
				break
			}
			got = texts.Days(date(t, c[2]), date(t, c[3]))
			if own, ok := differently[locale+" "+c[2]+" "+c[3]]; ok {
				want = own
			}
			if texts.Language() == English { // with or without blanks, by region
				want, got = strings.ReplaceAll(want, " – ", "–"), strings.ReplaceAll(got, " – ", "–")
			}
		case "clock":
			got = strings.ReplaceAll(texts.Clock(time.Date(2026, time.March, 3, 18, 5, 0, 0, time.UTC)), "\u00a0", " ") // ours do not break
		default:
			t.Fatalf("%q is no kind", kind)
		}
		if got != want {
			t.Errorf("%s %s %s %s: %+q, want %+q", kind, locale, c[2], c[3], got, want)
		}
		rows++
	}
	if rows < 300 {
		t.Errorf("only %d rows were compared", rows)
	}
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
