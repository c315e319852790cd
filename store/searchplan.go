package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// maxCompletions is how many words the beginning of a word is completed to, the
// most common first; maxWordsLooked is how many it may have to choose from.
const (
	maxCompletions = 24
	maxWordsLooked = 20_000
)

const (
	completeWord = `SELECT CAST(%[1]d AS BIGINT), word, n, texts FROM (SELECT word, n, texts FROM (
SELECT word, n, texts FROM search_word WHERE scope = $1 AND word > $%[2]d AND word < $%[3]d AND n > 0 ORDER BY word LIMIT %[4]d) w
ORDER BY n DESC, word LIMIT %[5]d) c%[1]d`

	countWords = `SELECT CAST(-1 AS BIGINT), word, n, texts FROM %s CROSS JOIN search_word WHERE scope = $1 AND word = member`
)

// searchPlan is a query as it is looked for.
type searchPlan struct {
	catalog.Query
	terms           []term
	brand, category []string // words
	low, high       int64    // bounds of the price
	merchantID      string
	words           []string // all of them, also those past the bound
}

// term is one word of a query, with the words that do in its place.
type term struct {
	word        string
	forms       []string // singular or plural
	completions []string // of the last word: what it may be the beginning of
}

// planSearch reads a query. It knows no catalogue: completions come later.
func planSearch(merchantID string, q catalog.Query) (*searchPlan, error) {
	p := &searchPlan{Query: q, low: 0, high: math.MaxInt64, brand: queryWords(q.Brand), category: queryWords(q.Category)}
	if q.Limit < 1 || q.Limit > catalog.MaxFound {
		return nil, fmt.Errorf("store: a page of %d products; give 1 to %d", q.Limit, catalog.MaxFound)
	}
	switch q.Sort {
	case "":
		p.Sort = catalog.ByRelevance
	case catalog.ByRelevance, catalog.CheapFirst, catalog.DearFirst:
	default:
		return nil, fmt.Errorf("store: no order is called %.40q", q.Sort)
	}
	if q.MinPrice != nil {
		p.low = max(*q.MinPrice, 0)
	}
	if q.MaxPrice != nil {
		p.high = *q.MaxPrice
	}
	var list wordSet
	list.add(queryWords(q.Words)...)
	p.merchantID, p.words = merchantID, list.list
	for _, w := range p.words[:min(len(p.words), catalog.MaxQueryWords)] {
		p.terms = append(p.terms, term{word: w, forms: otherForms(w)})
	}
	return p, nil
}

// digest is the beginning of the sum. Cursors have it.
func (p *searchPlan) digest() [8]byte {
	sum := p.sum()
	return [8]byte(sum[:])
}

// sum is a digest of all but the page.
func (p *searchPlan) sum() [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d %d %t %s", p.merchantID, p.words, p.brand, p.category, p.low, p.high, p.InStock, p.Sort))
}

// otherForms are the English singular or plural of a word. In other languages
// they are mostly no words, and find nothing.
func otherForms(word string) []string {
	n := len(word)
	for i := range n {
		if word[i] < 'a' || word[i] > 'z' {
			return nil
		}
	}
	switch {
	case n < 3:
		return nil
	case strings.HasSuffix(word, "ies") && n > 4:
		return []string{word[:n-3] + "y", word[:n-1]}
	case strings.HasSuffix(word, "ss") || strings.HasSuffix(word, "x") || strings.HasSuffix(word, "ch") || strings.HasSuffix(word, "sh"):
		return []string{word + "es"}
	case strings.HasSuffix(word, "es") && n > 4:
		return []string{word[:n-1], word[:n-2]}
	case strings.HasSuffix(word, "s"):
		return []string{word[:n-1], word + "es"}
	case strings.HasSuffix(word, "y") && !strings.ContainsRune("aeiou", rune(word[n-2])):
		return []string{word[:n-1] + "ies", word + "s"}
	}
	return []string{word + "s", word + "es"}
}

// tier is a way to look for the words: where, and whether the last one may be
// the beginning of a word.
type tier struct{ text, complete bool }

// groups gives what the engine looks for: of every group a word. A group can be
// empty: nothing has such a word there then. few is about how many products there
// are with a word of the rarest group.
func (p *searchPlan) groups(scope int64, t tier, counts map[string]wordCount) (groups [][]string, few int64) {
	prefix := strconv.FormatInt(scope, 10)
	few = math.MaxInt64
	for i := range p.terms {
		w := &p.terms[i]
		list := append([]string{w.word}, w.forms...)
		if t.complete || singleCharacter(w.word) {
			list = append(list, w.completions...)
		}
		var group []string
		var n int64
		for _, one := range list {
			n += counts[one].heads
			if counts[one].heads > 0 {
				group = append(group, prefix+titleWord+one)
			}
			// A word without digits that was never counted is nowhere.
			if t.text && (counts[one] != wordCount{} || strings.ContainsAny(one, digits)) {
				n += counts[one].texts
				group = append(group, prefix+textWord+one)
			}
		}
		groups, few = append(groups, group), min(few, n)
	}
	for _, w := range p.brand {
		groups, few = append(groups, []string{prefix + brandWord + w}), min(few, counts[w].heads)
	}
	for _, w := range p.category {
		groups, few = append(groups, []string{prefix + categoryWord + w}), min(few, counts[w].heads)
	}
	if p.MinPrice != nil || p.MaxPrice != nil {
		groups = append(groups, p.priceSteps(prefix))
	}
	return groups, few
}

// priceSteps are the steps on which the prices in question are.
func (p *searchPlan) priceSteps(prefix string) []string {
	var group []string
	for step := priceStep(p.low); step <= priceStep(max(p.high, 0)); step++ {
		group = append(group, prefix+priceWord+strconv.Itoa(step))
	}
	if len(group) == 0 { // a range without a price in it
		group = []string{prefix + priceWord}
	}
	return group
}

// complete looks up what the last word, and characters that stand for words,
// may be the beginning of, and how common all the words are.
func (s *searching) complete() error {
	s.counts = map[string]wordCount{}
	list := slices.Concat(s.plan.brand, s.plan.category)
	args := []any{s.scope}
	var parts []string
	for i := range s.plan.terms {
		t := &s.plan.terms[i]
		list = append(append(list, t.word), t.forms...)
		t.completions = nil
		if singleCharacter(t.word) || i+1 == len(s.plan.terms) && len(t.word) > 1 {
			parts = append(parts, fmt.Sprintf(completeWord, i, len(args)+1, len(args)+2, maxWordsLooked, maxCompletions))
			args = append(args, t.word, t.word+"\U0010FFFF")
		}
	}
	if len(list) == 0 {
		return nil
	}
	table, words := s.store.engine.Dialect().Members(len(args)+1, list)
	parts = append(parts, fmt.Sprintf(countWords, table))
	return s.read(strings.Join(parts, "\nUNION ALL\n"), append(args, words), func(row Row) error {
		var word string
		var n wordCount
		var of int64 // the term that it completes, or -1
		if err := row.Scan(&of, &word, &n.heads, &n.texts); err != nil {
			return err
		}
		s.counts[word] = n
		if of >= 0 {
			t := &s.plan.terms[of]
			t.completions = append(t.completions, word)
		}
		return nil
	})
}

// place is where a product is in the order of a search. Of two with one key
// the ids decide.
type place struct {
	key       int64
	productID string
}

func (p *searchPlan) before(a, b place) bool {
	if p.Sort == catalog.DearFirst {
		a, b = b, a
	}
	if a.key != b.key {
		return a.key < b.key
	}
	return a.productID < b.productID
}

// cursor writes a place down.
func (p *searchPlan) cursor(at place) string {
	digest := p.digest()
	b := append(digest[:], make([]byte, 8)...)
	binary.BigEndian.PutUint64(b[8:], uint64(at.key))
	return base64.RawURLEncoding.EncodeToString(append(b, at.productID...))
}

// start reads the cursor; found is false on the first page.
func (p *searchPlan) start() (at place, found bool, err error) {
	if p.Cursor == "" {
		return place{}, false, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(p.Cursor)
	if err != nil || len(b) <= 16 || [8]byte(b[:8]) != p.digest() {
		return place{}, false, catalog.ErrCursor
	}
	return place{int64(binary.BigEndian.Uint64(b[8:])), string(b[16:])}, true, nil
}
