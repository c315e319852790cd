package acp

// Limits are those limits of a request that an operator chooses. Beyond one it
// is refused with 400 and the field's path, like beyond the constants.
type Limits struct {
	LineItems int   // entries of a list of items; 1 to MaxLineItems
	Quantity  int64 // units of one item, of all its lines together; 1 to MaxQuantity
}

// The most that can be chosen.
const (
	MaxLineItems = 256           // as many items as a store looks up at once
	MaxQuantity  = 1_000_000_000 // as much as the stock of an item can be
)

// DefaultLimits are those of a server whose operator has chosen none.
func DefaultLimits() Limits { return Limits{LineItems: 200, Quantity: 1_000_000} }
