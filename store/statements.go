package store

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// statements are the texts that depend on the engine's dialect or on the
// length of a list; everything else is a constant beside its method.
type statements struct {
	reserve, release, sell, sellBeyond, restock string

	claimRows       string
	itemsByCount    map[int]string
	variantsByCount map[int]string // of so many products
}

func newStatements(d Dialect) statements {
	st := statements{
		reserve:      reserveItem + d.HoldKey + ")",
		release:      releaseItem + d.HoldKey + ")",
		sell:         sellItem + d.HoldKey + ")",
		sellBeyond:   sellBeyondItem + d.HoldKey + ")",
		restock:      restockItem + d.HoldKey + ")",
		claimRows:    d.ClaimRows,
		itemsByCount: map[int]string{},
	}
	lookups := make([]string, 0, MaxItemsAtOnce)
	for n := range MaxItemsAtOnce {
		lookups = append(lookups, fmt.Sprintf(lookUpItem, n+2))
	}
	for n := 1; n <= MaxItemsAtOnce; n *= 2 {
		st.itemsByCount[n] = `WITH sold AS (SELECT generation FROM catalogue WHERE merchant_id = $1)
` + strings.Join(lookups[:n], "\nUNION ALL\n")
	}
	st.variantsByCount = map[int]string{}
	for n := 1; n < 2*catalog.MaxFound; n *= 2 {
		st.variantsByCount[n] = variantsText(n)
	}
	return st
}

// variants gives the text for n products, a power of two.
func (st *statements) variants(n int) string { return st.variantsByCount[n] }

// items gives the text for n ids, a power of two.
func (st *statements) items(n int) string {
	sql, ok := st.itemsByCount[n]
	if !ok {
		panic("store: no statement for " + strconv.Itoa(n) + " items")
	}
	return sql
}
