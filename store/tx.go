package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Tx collects the writes of one run of a unit of work. It implements
// checkout.Tx, and has the writes that only other rooms need. Versions that a
// write raises in the caller's structs are put back when the run fails.
type Tx struct {
	reader
	run   int
	ops   []Op
	stock []stockMove
	uses  []useMove
	jobs  bool  // a job was enqueued or hastened
	err   error // the first write that could not even be buffered

	raised []raise
}

// stockMove is a write to an item's stock.
type stockMove struct {
	item itemKey
	op   Op
}

// moved lists the items whose stock the transaction moves.
func (tx *Tx) moved() []itemKey {
	if len(tx.stock) == 0 {
		return nil
	}
	keys := make([]itemKey, len(tx.stock))
	for i, m := range tx.stock {
		keys[i] = m.item
	}
	return keys
}

// writes gives the operations as they are committed. Uses of discounts come
// after the others, and stock comes last and in the order of the items: popular items are locked for the shortest time, and
// two carts with the same items never wait for each other in a circle.
func (tx *Tx) writes() []Op {
	slices.SortStableFunc(tx.stock, func(a, b stockMove) int {
		return cmp.Or(strings.Compare(a.item.merchantID, b.item.merchantID), strings.Compare(a.item.id, b.item.id))
	})
	tx.ops = append(tx.ops, tx.takeUses()...)
	for _, m := range tx.stock {
		tx.ops = append(tx.ops, m.op)
	}
	tx.stock = nil
	return tx.ops
}

type raise struct {
	version *int64
	old     int64
}

// Run counts the runs of this unit's function, from 0.
func (tx *Tx) Run() int { return tx.run }

func (tx *Tx) add(op Op) { tx.ops = append(tx.ops, op) }

// guarded buffers a write that must meet a row.
func (tx *Tx) guarded(what, sql string, args ...any) {
	tx.add(Op{SQL: sql, Args: args, Guard: true, What: what})
}

// insert buffers an INSERT of VALUES that names no conflict: it writes its row
// or is refused, and needs no guard.
func (tx *Tx) insert(what, sql string, args ...any) {
	tx.add(Op{SQL: sql, Args: args, What: what})
}

// fail remembers an error, so that a function that drops it cannot commit the
// rest.
func (tx *Tx) fail(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

func (tx *Tx) setVersion(version *int64, to int64) {
	tx.raised = append(tx.raised, raise{version, *version})
	*version = to
}

// insertVersioned buffers the INSERT of a row with a version, which becomes 1.
// args and err are what making the row's arguments returned.
func (tx *Tx) insertVersioned(what, sql string, version *int64, args []any, err error) error {
	if err != nil {
		return err
	}
	tx.insert(what, sql, args...)
	tx.setVersion(version, 1)
	return nil
}

// saveVersioned buffers a write that must meet the row at its version, which is
// the last argument of the statement, and raises it. args and err are those of
// insertVersioned.
func (tx *Tx) saveVersioned(what, sql string, version *int64, args []any, err error) error {
	if err != nil {
		return err
	}
	tx.guarded(what, sql, append(args, *version)...)
	tx.setVersion(version, *version+1)
	return nil
}

func (tx *Tx) undo() {
	for i := len(tx.raised) - 1; i >= 0; i-- {
		*tx.raised[i].version = tx.raised[i].old
	}
	tx.raised = nil
}

var errNoMerchant = errors.New("store: a row needs a merchant id and an id")

// needIDs refuses rows that no tenant or nobody could find again.
func (tx *Tx) needIDs(what, merchantID, id string) error {
	if merchantID == "" || id == "" {
		return tx.fail(fmt.Errorf("%s: %w", what, errNoMerchant))
	}
	return nil
}
