package feed

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// csvReader reads delimited records as leniently as they can be read without
// guessing: RFC 4180, any of four delimiters and any line ending, quotes in
// the middle of a value taken literally. Where encoding/csv gives up, or
// swallows the rest of the file behind a quote that is never closed, it goes
// back to the line where the trouble began and continues after it.
//
// What it returns is good until the next call, except that the strings stay.
type csvReader struct {
	window
	comma  byte // 0 until the first record was looked at
	want   int  // columns of the header; 0 while it is being read
	budget int  // bytes that may still be read twice

	scratch []byte
	ends    []int // in scratch, of each field
	fields  []string
	stray   bool // the record holds a quote out of place
}

// csvProblem says what is wrong with a record; the zero value is nothing.
type csvProblem struct {
	code  string // CodeBrokenRecord, CodeTooLong, CodeStrayQuote, or ""
	value string // the beginning of the record
	lost  bool   // the record could not be read; otherwise it was recovered
}

func newCSVReader(src io.Reader) *csvReader {
	return &csvReader{window: newWindow(src), budget: rescanBudget}
}

// next returns the fields of the next record that is not blank, or io.EOF, or
// what the source failed with.
func (c *csvReader) next() ([]string, csvProblem, error) {
	for {
		c.compact()
		b, ok := c.at(c.pos)
		if !ok {
			if c.err != nil {
				return nil, csvProblem{}, c.err
			}
			return nil, csvProblem{}, io.EOF
		}
		if b == '\n' || b == '\r' {
			c.pos++
			continue
		}
		if c.comma == 0 && c.sniff() {
			continue
		}
		fields, problem, err := c.record()
		if err != nil {
			return nil, csvProblem{}, err
		}
		if !problem.lost && blank(fields) {
			continue
		}
		return fields, problem, nil
	}
}

func blank(fields []string) bool {
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// sniff chooses the delimiter that the first line has most of, outside of
// quotes. It reports true when that line was Excel's "sep=;", which names the
// delimiter and is no record.
func (c *csvReader) sniff() bool {
	const candidates = ",;\t|"
	var count [len(candidates)]int
	quoted := false
	i := c.pos
	for ; ; i++ {
		b, ok := c.at(i)
		if !ok || (!quoted && (b == '\n' || b == '\r')) {
			break
		}
		if b == '"' {
			quoted = !quoted
		} else if k := strings.IndexByte(candidates, b); k >= 0 && !quoted {
			count[k]++
		}
	}
	if line := c.buf[c.pos:min(i, len(c.buf))]; len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) {
		c.comma = line[4]
		c.pos = i
		return true
	}
	best := 0
	for k := range count {
		if count[k] > count[best] {
			best = k
		}
	}
	c.comma = candidates[best]
	return false
}

// cutOff tells whether the last record ended with the file and not with a line.
func (c *csvReader) cutOff() bool {
	if _, more := c.at(c.pos); more || c.pos == 0 {
		return false
	}
	last := c.buf[c.pos-1]
	return last != '\n' && last != '\r'
}

var errUnclosed = errors.New("a quote is not closed")

// record reads the record at pos.
func (c *csvReader) record() ([]string, csvProblem, error) {
	end, err := c.scan(c.pos, true)
	switch {
	case c.err != nil && errors.Is(err, errUnclosed):
		return nil, csvProblem{}, c.err
	case errors.Is(err, errUnclosed):
		return c.recover(end)
	case err != nil:
		problem := csvProblem{code: CodeTooLong, value: excerpt(c.buf[c.pos:]), lost: true}
		return nil, problem, c.skipLine(end)
	case end >= len(c.buf) && c.err != nil:
		return nil, csvProblem{}, c.err // the source failed in the middle of the record
	}
	var problem csvProblem
	if c.stray {
		problem = csvProblem{code: CodeStrayQuote, value: excerpt(c.buf[c.pos:])}
	}
	c.pos = end
	return c.split(), problem, nil
}

// recover deals with a quote that opens and is not closed before the record
// becomes implausible: the first line alone is the record. With its quotes
// taken literally it may still have the right number of values.
func (c *csvReader) recover(given int) ([]string, csvProblem, error) {
	problem := csvProblem{code: CodeBrokenRecord, value: excerpt(c.buf[c.pos:]), lost: true}
	line := bytes.IndexAny(c.buf[c.pos:], "\r\n")
	if line < 0 {
		line = len(c.buf) - c.pos
	}
	again := given - (c.pos + line)
	if c.budget -= again; c.budget < 0 {
		return nil, problem, c.skipLine(given)
	}
	end, err := c.scan(c.pos, false)
	if err != nil {
		return nil, problem, c.skipLine(end)
	}
	c.pos = end
	if c.want > 0 && len(c.ends) == c.want {
		fields := c.split()
		for i := range fields {
			fields[i] = strings.TrimPrefix(strings.TrimSpace(fields[i]), `"`)
		}
		problem.code, problem.lost = CodeStrayQuote, false
		return fields, problem, nil
	}
	return nil, problem, nil
}

// scan reads one record from offset i into scratch and ends, and returns the
// offset behind it. It returns errUnclosed, or ErrTooLarge for a record
// beyond MaxRecordBytes, with the offset where it gave up.
func (c *csvReader) scan(i int, quotes bool) (int, error) {
	c.scratch, c.ends, c.stray = c.scratch[:0], c.ends[:0], false
	start := i
	for {
		if quotes {
			j := i
			b, ok := c.at(j)
			for ok && b == ' ' {
				j++
				b, ok = c.at(j)
			}
			if ok && b == '"' {
				var err error
				if i, err = c.quoted(j+1, start); err != nil {
					return i, err
				}
			}
		}
		from := i
		for {
			if i >= len(c.buf) {
				c.scratch = append(c.scratch, c.buf[from:i]...)
				from = i
				if i-start > MaxRecordBytes || len(c.ends) > MaxColumns {
					return i, ErrTooLarge
				}
				if !c.fill() {
					c.ends = append(c.ends, len(c.scratch))
					return i, nil
				}
			}
			if b := c.buf[i]; b == c.comma || b == '\n' || b == '\r' {
				break
			}
			i++
		}
		c.scratch = append(c.scratch, c.buf[from:i]...)
		c.ends = append(c.ends, len(c.scratch))
		b := c.buf[i]
		i++
		if b == '\r' {
			if n, ok := c.at(i); ok && n == '\n' {
				i++
			}
		}
		if b != c.comma {
			return i, nil
		}
		if i-start > MaxRecordBytes || len(c.ends) > MaxColumns {
			return i, ErrTooLarge
		}
	}
}

// quoted reads from behind an opening quote to behind the closing one and the
// spaces after it.
func (c *csvReader) quoted(i, start int) (int, error) {
	lines := false // the value has gone over the end of a line
	for {
		if i >= len(c.buf) && !c.fill() {
			return i, errUnclosed
		}
		k := bytes.IndexByte(c.buf[i:], '"')
		part := c.buf[i:]
		if k >= 0 {
			part = part[:k]
		}
		c.scratch = append(c.scratch, part...)
		lines = lines || bytes.IndexByte(part, '\n') >= 0
		i += len(part)
		if i-start > MaxRecordBytes {
			return i, errUnclosed
		}
		if k < 0 {
			continue
		}
		n, ok := c.at(i + 1)
		if ok && n == '"' {
			c.scratch = append(c.scratch, '"')
			i += 2
			continue
		}
		j := i + 1
		for ok && n == ' ' {
			j++
			n, ok = c.at(j)
		}
		if !ok || n == c.comma || n == '\n' || n == '\r' {
			return j, nil
		}
		// A quote followed by text is out of place. Behind a delimiter, on a
		// later line, it looks like the opening quote of another record's
		// value: this one was never closed.
		if lines && c.opens(i, start) {
			return i, errUnclosed
		}
		c.stray = true
		c.scratch = append(c.scratch, '"')
		i++
	}
}

// opens tells whether the quote at i stands where a value begins.
func (c *csvReader) opens(i, start int) bool {
	for i--; i > start && c.buf[i] == ' '; i-- {
	}
	b := c.buf[i]
	return b == c.comma || b == '\n' || b == '\r'
}

// split makes the fields of scratch and ends: one string for the record, as
// encoding/csv does it.
func (c *csvReader) split() []string {
	all := string(c.scratch)
	c.fields = c.fields[:0]
	from := 0
	for _, end := range c.ends {
		c.fields = append(c.fields, all[from:end])
		from = end
	}
	return c.fields
}

// skipLine consumes up to behind the end of the line that offset i is on.
func (c *csvReader) skipLine(i int) error {
	for {
		if k := bytes.IndexAny(c.buf[i:], "\r\n"); k >= 0 {
			c.pos = i + k
			return nil
		}
		c.pos = len(c.buf)
		c.compact()
		if i = c.pos; !c.fill() {
			return c.err
		}
	}
}
