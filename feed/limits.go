package feed

// Limits of one import. They bound memory and time, and are far above what
// honest catalogues hold.
const (
	// MaxBytes bounds the text of one file, after decompression.
	MaxBytes = 8 << 30

	// MaxRecordBytes bounds one record: a CSV record, an XML item, a JSON
	// line. A longer one is refused and skipped.
	MaxRecordBytes = 1 << 20

	// MaxColumns bounds the columns of a table.
	MaxColumns = 2048

	// MaxVariants bounds the variants of one Shopify product; it is
	// Shopify's own limit.
	MaxVariants = 2048

	// MaxProductBytes bounds the records of one Shopify product together.
	MaxProductBytes = 64 << 20

	// MaxProductImages bounds the images remembered for one product.
	MaxProductImages = 250

	// MaxIDs bounds how many item ids are remembered to find duplicates; half
	// as many product ids are remembered to count products. Both lie in tables
	// of 24 MiB together, whatever the length of the file. Ids are compared by
	// their hashes, 48 bits of them and where they lie: the chance that a good
	// item of a full table is refused is below one in a million.
	MaxIDs = idSlots / 4 * 3

	// MaxHeldBytes bounds what a WooCommerce import holds back: parents that
	// further variations may name, and variations whose parent is yet to
	// come.
	MaxHeldBytes = 256 << 20

	// MaxFindingsPerCode bounds how many findings of one code are handed to
	// report. The summary counts them all.
	MaxFindingsPerCode = 10_000

	// MaxPrice is the highest price in minor units that is taken for real.
	MaxPrice = 10_000_000_000_000

	// MaxStock is the highest stock that is taken for real.
	MaxStock = 1_000_000_000

	// MaxWeightGrams is the heaviest weight that is taken for real: 100 t.
	MaxWeightGrams = 100_000_000
)

// Limits of an item's fields, in bytes or entries. They follow catalog.Item
// where it states one.
const (
	maxIDBytes          = 255
	maxTitleBytes       = 500
	maxDescriptionBytes = 5000
	maxValueBytes       = 500 // of an option, a tag, a category, a brand
	maxURLBytes         = 2048
	maxImages           = 20
	maxListEntries      = 50 // categories, tags, options, attributes
	maxFindingValue     = 120
)

const (
	detectBytes = 64 << 10 // how much of a file Detect wants to see

	// rescanBudget bounds how many bytes a table may have read twice because
	// of quotes that are never closed. Past it a broken record costs
	// everything up to where its quote was given up.
	rescanBudget = 256 << 20

	// recentProducts is how many Shopify products are remembered after their
	// rows ended, for rows that come late.
	recentProducts = 256

	contextEvery = 1024 // records between two looks at the context

)
