package store

// Lookups are the statements that a purchase or what follows it reads by, with
// the index that each must be answered from; T_pkey is the primary key of T.
var Lookups = map[string]string{
	selectSession:        "session_pkey",
	selectCart:           "cart_pkey",
	selectIdempotency:    "idempotency_pkey",
	selectSignature:      "signature_replay_pkey",
	selectUses:           "discount_use_pkey",
	selectPastPrices:     "past_price_pkey",
	selectBalance:        "balance_pkey",
	selectBalanceByCode:  "balance_code",
	listCustomerBalances: "balance_customer",
	selectBalanceRequest: "balance_request_pkey",
	balanceTokenSpent:    "balance_request_token",
	listBalanceEntries:   "balance_entry_of",
	selectCard:           "saved_card_pkey",
	selectCardOfPSP:      "saved_card_once",
	listCustomerCards:    "saved_card_customer",
	selectAttempt:        "attempt_pkey",
	selectAttemptByRef:   "attempt_psp_ref",
	listSessionAttempts:  "attempt_session",
	listOpenAttempts:     "attempt_open",
	selectOrderOfSession: "orders_session",
	selectOperation:      "payment_op_pkey",
	selectOperationByRef: "payment_op_ref",
	listOperations:       "payment_op_attempt",
	listOpenOperations:   "payment_op_open",
	listDiscountOrders:   "discount_order_of",
	listPendingSessions:  "session_pending",
	listCards:            "saved_card_pkey",
	listBalances:         "balance_pkey",
	selectReport:         "payment_report_pkey",
	selectLedgerReport:   "ledger_report_pkey",
}

// Changes are the statements that change or remove rows, with the index that
// finds these.
var Changes = map[string]string{
	saveSession:        "session_pkey",
	saveCart:           "cart_pkey",
	deleteCart:         "cart_pkey",
	releaseUse:         "discount_use_pkey",
	spendUse:           "discount_use_pkey",
	returnUse:          "discount_use_pkey",
	giveBackDiscounts:  "discount_order_pkey",
	moveBalance:        "balance_pkey",
	spendBalance:       "balance_pkey",
	blockBalance:       "balance_pkey",
	saveBalanceRequest: "balance_request_pkey",
	removeCard:         "saved_card_pkey",
	sweepIdempotency:   "idempotency_expires",
	sweepSignatures:    "signature_replay_pkey",
	sweepSessions:      "session_deletable",
	sweepCarts:         "cart_expires",
	sweepPastPrices:    "past_price_until",
}

// Sorted are lists of what a day has, which is found by an index and sorted.
var Sorted = map[string]string{
	listBalanceCharges: "balance_request_made",
}
