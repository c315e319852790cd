package acp

// Limits are those limits of a request that an operator chooses. Beyond one it
// is refused with 400 and the field's path, like beyond the constants.
type Limits struct {
	LineItems int   // entries of a list of items; 1 to MaxLineItems
	Quantity  int64 // units of one item, of all its lines together; 1 to MaxQuantity

	DiscountCodes   int // entries of a list of codes; 1 to MaxDiscountCodes
	MetadataMembers int // of a metadata object; 1 to MaxMetadataMembers
	MetadataBytes   int // of all names and texts in a metadata object; 1 to MaxMetadataBytes
}

// The most that can be chosen.
const (
	MaxLineItems = 256           // as many items as a store looks up at once
	MaxQuantity  = 1_000_000_000 // as much as the stock of an item can be

	MaxDiscountCodes   = 100 // each is tried at every quote
	MaxMetadataMembers = 500
	MaxMetadataBytes   = 256 << 10 // it is stored with its session, and comes with every answer
)

// DefaultLimits are those of a server whose operator has chosen none.
func DefaultLimits() Limits {
	return Limits{LineItems: 200, Quantity: 1_000_000, DiscountCodes: 20, MetadataMembers: 50, MetadataBytes: 16 << 10}
}
