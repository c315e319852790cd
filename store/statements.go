package store

import "strconv"

// statements are the texts that depend on the engine's dialect or on the
// length of a list; everything else is a constant beside its method.
type statements struct {
	reserve, release, sell string
	claimRows              string
	itemsByCount           map[int]string
}

func newStatements(d Dialect) statements {
	st := statements{
		reserve:      reserveItem + d.HoldKey + ")",
		release:      releaseItem + d.HoldKey + ")",
		sell:         sellItem + d.HoldKey + ")",
		claimRows:    d.ClaimRows,
		itemsByCount: map[int]string{},
	}
	for n := 1; n < 2*MaxItemsAtOnce; n *= 2 {
		st.itemsByCount[n] = `SELECT ` + itemColumns + ` FROM item
WHERE merchant_id = $1 AND ` + currentGeneration + ` AND hidden = 0 AND id IN (` + placeholders(2, n) + `)`
	}
	return st
}

// items gives the text for n ids, a power of two.
func (st *statements) items(n int) string {
	sql, ok := st.itemsByCount[n]
	if !ok {
		panic("store: no statement for " + strconv.Itoa(n) + " items")
	}
	return sql
}
