package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/checkstand/checkstand/store"
)

func members(number int, list []string) (string, any) {
	return fmt.Sprintf("unnest($%d::text[]) AS list (member)", number), list
}

// search keeps the words of the products in a tsvector without positions,
// made of words that are folded already: no text search configuration, and no
// extension, is needed. Ranking is for package store.
var search = store.SearchDialect{Write: writeDocs, Remove: removeDocs, Match: match, Count: count}

const (
	writeRows = `INSERT INTO search_product (doc, scope, product_id, price_from, price_to, stocked, head, print, words)
SELECT doc, scope, product_id, price_from, price_to, stocked, head, print, words::tsvector
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::text[])
AS d (doc, scope, product_id, price_from, price_to, stocked, head, print, words)
ON CONFLICT (doc) DO UPDATE SET price_from = excluded.price_from, price_to = excluded.price_to, stocked = excluded.stocked,
head = excluded.head, print = excluded.print, words = excluded.words`

	removeRows = `DELETE FROM search_product WHERE doc > $1 AND doc <= $2`

	// For words that many products have: in the order of their numbers until
	// there are enough, or as the planner thinks.
	matchWords = `SELECT doc, product_id, price_from, price_to, stocked, head FROM search_product
WHERE words @@ $1::tsquery ORDER BY doc LIMIT $2`

	countWords = `SELECT count(*) FROM (SELECT 1 FROM search_product WHERE words @@ $1::tsquery LIMIT $2) hit`

	// For words that few have: all of them from the index. A planner that knows
	// of the limit underrates what it costs to try a row, tenfold.
	matchFew = `WITH hit AS MATERIALIZED (SELECT doc, product_id, price_from, price_to, stocked, head FROM search_product WHERE words @@ $1::tsquery)
SELECT * FROM hit ORDER BY doc LIMIT $2`

	countFew = `WITH hit AS MATERIALIZED (SELECT 1 FROM search_product WHERE words @@ $1::tsquery)
SELECT count(*) FROM (SELECT 1 FROM hit LIMIT $2) h`

	// fewMatches is how many are few.
	fewMatches = 10_000
)

func writeDocs(docs []store.SearchDoc) []store.Op {
	if len(docs) == 0 {
		return nil
	}
	n := len(docs)
	numbers := make([][]int64, 6) // doc, scope, price_from, price_to, stocked, print
	for i := range numbers {
		numbers[i] = make([]int64, n)
	}
	ids, heads, words := make([]string, n), make([]string, n), make([]string, n)
	for i := range docs {
		d := &docs[i]
		for c, v := range []int64{d.Doc, d.Scope, d.PriceFrom, d.PriceTo, d.Stocked, d.Print} {
			numbers[c][i] = v
		}
		ids[i], heads[i], words[i] = d.ProductID, d.Head, lexemes(strings.Fields(d.Words), " ")
	}
	return []store.Op{{SQL: writeRows, What: "index products",
		Args: []any{numbers[0], numbers[1], ids, numbers[2], numbers[3], numbers[4], heads, numbers[5], words}}}
}

func removeDocs(from, to int64) []store.Op {
	return []store.Op{{SQL: removeRows, Args: []any{from, to}, What: "remove products"}}
}

// Both are planned anew for each query: whether walking the table or asking
// the index is faster depends on how common the words are, by orders of
// magnitude.
func match(groups [][]string, limit int, few int64) (string, []any) {
	text := matchWords
	if few <= fewMatches {
		text = matchFew
	}
	return text, []any{pgx.QueryExecModeExec, expression(groups), int64(limit)}
}

func count(groups [][]string, limit int, few int64) (string, []any) {
	text := countWords
	if few <= fewMatches {
		text = countFew
	}
	return text, []any{pgx.QueryExecModeExec, expression(groups), int64(limit)}
}

func expression(groups [][]string) string {
	var b strings.Builder
	for i, group := range groups {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteString("(" + lexemes(group, " | ") + ")")
	}
	return b.String()
}

var quoted = strings.NewReplacer(`'`, `''`, `\`, `\\`)

// lexemes quotes each word: nothing in it is read as an operator.
func lexemes(words []string, between string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString("'" + quoted.Replace(w) + "'")
	}
	return b.String()
}
