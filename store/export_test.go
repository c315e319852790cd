package store

// Lookups are the statements that a purchase or what follows it reads by, with
// the index that each must be answered from.
var Lookups = map[string]string{
	selectSession:        "sqlite_autoindex_session_1",
	selectAttempt:        "sqlite_autoindex_attempt_1",
	selectAttemptByRef:   "attempt_psp_ref",
	listSessionAttempts:  "attempt_session",
	listOpenAttempts:     "attempt_open",
	selectOrderOfSession: "orders_session",
	selectOperation:      "sqlite_autoindex_payment_op_1",
	selectOperationByRef: "payment_op_ref",
	listOperations:       "payment_op_attempt",
	listOpenOperations:   "payment_op_open",
	listDiscountOrders:   "discount_order_of",
}
