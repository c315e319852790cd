package braintree

// Row is a line of a mapping table.
type Row = row

// Tables are the mapping tables.
var Tables = tables
