package feed

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestALargeFileIsAnErrorNotAnEnd(t *testing.T) {
	r := &limitedReader{r: strings.NewReader("0123456789"), left: 4}
	got, err := io.ReadAll(r)
	if string(got) != "0123" || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%q, %v", got, err)
	}
	r = &limitedReader{r: strings.NewReader("0123"), left: 5}
	if got, err := io.ReadAll(r); string(got) != "0123" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A source that gives neither data nor an end must not hold the import up.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestAnIdleSourceIsAnError(t *testing.T) {
	c := newCSVReader(io.MultiReader(strings.NewReader("a,b\n"), idle{}))
	for range 3 {
		if _, _, err := c.next(); err != nil {
			if !errors.Is(err, io.ErrNoProgress) {
				t.Errorf("error %v", err)
			}
			return
		}
	}
	t.Error("no error")
}

func TestWindowDiscardsAcrossChunks(t *testing.T) {
	w := newWindow(io.MultiReader(bytes.NewReader(make([]byte, windowChunk-1)), strings.NewReader("-"), strings.NewReader("->rest")))
	if !w.discard("-->") {
		// "-" + "->" came in pieces
		t.Fatal("not found")
	}
	if b, ok := w.at(w.pos); !ok || b != 'r' {
		t.Errorf("stands at %q", b)
	}
}
