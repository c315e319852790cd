package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/store"
)

// members passes a list as one argument, so that one prepared statement serves
// every length.
func members(number int, list []string) (string, any) {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings have JSON
	}
	return fmt.Sprintf("(SELECT value AS member FROM json_each($%d)) list", number), string(text)
}

// search keeps the words of the products in an FTS5 table without their text:
// it answers which rows have a word, in the order of their ids, and no more.
// Ranking is for package store.
var search = store.SearchDialect{Write: writeDocs, Remove: removeDocs, Match: match, Count: count}

const (
	writeDoc = `INSERT INTO search_product (doc, scope, product_id, price_from, price_to, stocked, head, print) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)
ON CONFLICT (doc) DO UPDATE SET price_from = excluded.price_from, price_to = excluded.price_to, stocked = excluded.stocked,
head = excluded.head, print = excluded.print`

	addWords     = `INSERT INTO search_words (rowid, words) VALUES ($1, $2)`
	replaceWords = `REPLACE INTO search_words (rowid, words) VALUES ($1, $2)`

	removeWords = `DELETE FROM search_words WHERE rowid IN (SELECT doc FROM search_product WHERE doc > $1 AND doc <= $2)`
	removeRows  = `DELETE FROM search_product WHERE doc > $1 AND doc <= $2`

	matchWords = `SELECT p.doc, p.product_id, p.price_from, p.price_to, p.stocked, p.head
FROM (SELECT rowid AS doc FROM search_words WHERE search_words MATCH $1 ORDER BY rowid LIMIT $2) hit
CROSS JOIN search_product p ON p.doc = hit.doc ORDER BY p.doc`

	countWords = `SELECT count(*) FROM (SELECT rowid FROM search_words WHERE search_words MATCH $1 LIMIT $2)`
)

func writeDocs(docs []store.SearchDoc) []store.Op {
	ops := make([]store.Op, 0, 2*len(docs))
	for i := range docs {
		d, words := &docs[i], replaceWords
		if d.New {
			words = addWords
		}
		ops = append(ops,
			store.Op{SQL: writeDoc, Args: []any{d.Doc, d.Scope, d.ProductID, d.PriceFrom, d.PriceTo, d.Stocked, d.Head, d.Print}, What: "index products"},
			store.Op{SQL: words, Args: []any{d.Doc, d.Words}, What: "index words"})
	}
	return ops
}

func removeDocs(from, to int64) []store.Op {
	return []store.Op{
		{SQL: removeWords, Args: []any{from, to}, What: "remove words"},
		{SQL: removeRows, Args: []any{from, to}, What: "remove products"},
	}
}

func match(groups [][]string, limit int, _ int64) (string, []any) {
	return matchWords, []any{expression(groups), int64(limit)}
}

func count(groups [][]string, limit int, _ int64) (string, []any) {
	return countWords, []any{expression(groups), int64(limit)}
}

// expression quotes each word: nothing in it is read as an operator.
func expression(groups [][]string) string {
	var b strings.Builder
	for i, group := range groups {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteByte('(')
		for j, word := range group {
			if j > 0 {
				b.WriteString(" OR ")
			}
			b.WriteString(`"` + strings.ReplaceAll(word, `"`, `""`) + `"`)
		}
		b.WriteByte(')')
	}
	return b.String()
}
