package feed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readAll gives the records of text; a lost one is its code in brackets, a
// recovered one has an asterisk before its first value.
func readAll(t testing.TB, r io.Reader, columns int) [][]string {
	t.Helper()
	c := newCSVReader(r)
	c.want = columns
	var all [][]string
	for {
		fields, problem, err := c.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		record := append([]string{}, fields...)
		if problem.lost {
			record = []string{"[" + problem.code + "]"}
		} else if problem.code != "" {
			record[0] = "*" + record[0]
		}
		all = append(all, record)
	}
}

func TestCSVIsReadLeniently(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want [][]string
	}{
		"plain":                          {"a,b,c\n1,2,3\n", [][]string{{"a", "b", "c"}, {"1", "2", "3"}}},
		"no end of line":                 {"a,b,c", [][]string{{"a", "b", "c"}}},
		"CRLF, lone CR, empty lines":     {"a,b,c\r\n\r\n1,2,3\r4,5,6\n\n,,\n", [][]string{{"a", "b", "c"}, {"1", "2", "3"}, {"4", "5", "6"}}},
		"quotes, commas and lines":       {"\"a,\"\"b\"\"\",\"x\ny\",c\n", [][]string{{`a,"b"`, "x\ny", "c"}}},
		"spaces around quotes":           {"a, \"b\" ,c\n", [][]string{{"a", "b", "c"}}},
		"semicolons":                     {"a;b;c\n1,5;2;\"3;\"\n", [][]string{{"a", "b", "c"}, {"1,5", "2", "3;"}}},
		"tabs":                           {"a\tb\tc\n1\t2, 3\t\n", [][]string{{"a", "b", "c"}, {"1", "2, 3", ""}}},
		"bars":                           {"a|b|c\n1|2|3\n", [][]string{{"a", "b", "c"}, {"1", "2", "3"}}},
		"Excel names the delimiter":      {"sep=;\na,b;c\n", [][]string{{"a,b", "c"}}},
		"a quote inside a value":         {"a,5\" pipe,c\n", [][]string{{"a", `5" pipe`, "c"}}},
		"a quote inside quotes":          {"a,\"5\" pipe\",c\n1,2,3\n", [][]string{{"*a", `5" pipe`, "c"}, {"1", "2", "3"}}},
		"quotes over lines, one stray":   {"a,\"one\ntwo 5\" wide\nthree\",c\n1,2,3\n", [][]string{{"*a", "one\ntwo 5\" wide\nthree", "c"}, {"1", "2", "3"}}},
		"never closed, right in number":  {"a,\"b,c\n1,\"2\",3\n", [][]string{{"*a", "b", "c"}, {"1", "2", "3"}}},
		"never closed, wrong in number":  {"a,\"b\n1,\"2\",3\n4,5,6\n", [][]string{{"[broken_record]"}, {"1", "2", "3"}, {"4", "5", "6"}}},
		"never closed up to the end":     {"a,\"b\n1,2,3\n4,5,6\n", [][]string{{"[broken_record]"}, {"1", "2", "3"}, {"4", "5", "6"}}},
		"never closed on the last line":  {"1,2,3\na,\"b", [][]string{{"1", "2", "3"}, {"[broken_record]"}}},
		"several never closed":           {"a,\"b\nc,\"d\n1,\"2\",3\n", [][]string{{"[broken_record]"}, {"[broken_record]"}, {"1", "2", "3"}}},
		"empty quotes after a bad quote": {"a,\"b\n1,\"\",\"3\"\n4,\"5\",6\n", [][]string{{"[broken_record]"}, {"1", "", "3"}, {"4", "5", "6"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, readAll(t, strings.NewReader(c.text), 3)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, readAll(t, iotest.OneByteReader(strings.NewReader(c.text)), 3)); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

// Where the standard library reads a file, so do we, and the same.
func TestValidCSVIsReadAsTheStandardLibraryReadsIt(t *testing.T) {
	value := rapid.StringOf(rapid.SampledFrom([]rune("ab ,\"\n;ü0")))
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(2, 5).Draw(t, "columns")
		records := rapid.SliceOfN(rapid.SliceOfN(value, columns, columns), 1, 6).Draw(t, "records")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.Write(append([]string{"head"}, strings.Split(strings.Repeat("x", columns-1), "")...))
		for _, record := range records {
			record[0] = "r" + record[0] // never blank
			w.Write(record)
		}
		w.Flush()
		c := newCSVReader(&text)
		c.comma = ','
		c.next()
		for _, want := range records {
			got, problem, err := c.next()
			if err != nil || problem.code != "" {
				t.Fatalf("%v, %v; want %q", problem, err, want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("record (-want +got):\n%s", diff)
			}
		}
	})
}

func TestOverlongRecordsAreSkipped(t *testing.T) {
	long := strings.Repeat("x", MaxRecordBytes+1)
	for name, text := range map[string]string{
		"a long value":        "a,b,c\n" + long + ",2,3\n4,5,6\n",
		"a long quoted value": "a,b,c\n\"" + long + "\",2,3\n4,5,6\n",
		"many values":         "a,b,c\n" + strings.Repeat("1,", MaxColumns+1) + "\n4,5,6\n",
		"spaces":              "a,b,c\n1," + strings.Repeat(" ", 2*MaxRecordBytes) + "\n4,5,6\n",
		"two gigantic ones":   "a,b,c\n" + strings.Repeat(long, 3) + "\n" + long + "\n4,5,6\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := newCSVReader(strings.NewReader(text))
			var last []string
			for {
				fields, problem, err := c.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if problem.lost {
					continue
				}
				last = append([]string{}, fields...)
			}
			if diff := cmp.Diff([]string{"4", "5", "6"}, last); diff != "" {
				t.Errorf("last record (-want +got):\n%s", diff)
			}
			if cap(c.buf) > 4*MaxRecordBytes {
				t.Errorf("the buffer grew to %d bytes", cap(c.buf))
			}
		})
	}
}

// A file made of opening quotes must not take time beyond its length and the
// budget.
func TestUnclosedQuotesAreNotReadOverAndOver(t *testing.T) {
	c := newCSVReader(strings.NewReader("a,b\n" + strings.Repeat("a,\"\"b\n", 300_000)))
	c.budget = 4 * MaxRecordBytes
	records := 0
	for {
		_, _, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		records++
	}
	if records > 10 {
		t.Errorf("went back %d times", records)
	}
}
