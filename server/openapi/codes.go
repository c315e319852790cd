package openapi

// Code is one that an Error can have.
type Code struct {
	Status int
	Code   string
	Doc    string
}

// codes lists the refusals of the operations that agents call. mismatch is the
// status of an idempotency conflict, and carts says that the version has carts.
func codes(mismatch int, carts bool) []Code {
	list := []Code{
		{400, "missing", "A required field was not sent: param says which."},
		{400, "invalid", "A field, the body or a header is not what it has to be: param and message say which and why."},
		{400, "invalid_type", "A field has the wrong type."},
		{400, "unsupported", "The shop cannot do this, such as another currency or way to pay."},
		{400, "pii_not_allowed", "Personal data where none may be."},
		{400, "requires_3ds", "The session waits for authentication_result."},
		{400, "missing_api_version", "Send API-Version with one of supported_versions."},
		{400, "unsupported_api_version", "Choose one of supported_versions."},
		{400, "idempotency_key_required", "This version needs an Idempotency-Key with each POST."},
		{401, "unauthorized", "There is no key, or it is unknown, revoked or expired."},
		{401, "signature_required", "The key demands a signature."},
		{401, "invalid_signature", "The signature does not match."},
		{401, "stale_timestamp", "Timestamp is missing, unreadable or more than 300 seconds off."},
		{401, "replayed_request", "A signed request was received before, under another Idempotency-Key."},
		{403, "forbidden", "The shop takes no payments in the mode of this key, test or live."},
		{404, "not_found", "There is no such session for this key, or nothing at this path."},
		{405, "method_not_allowed", "Allow says which methods the path takes."},
		{405, "conflict", "The session can no longer be canceled."},
		{409, "conflict", "The session cannot be changed or paid as it stands."},
		{409, "idempotency_in_flight", "The same request is being carried out. Repeat it after Retry-After."},
		{mismatch, "idempotency_conflict", "The key was used with another request."},
		{413, "body_too_large", "The body is larger than the server takes."},
		{415, "unsupported_media_type", "Send JSON."},
		{429, "rate_limited", "Too many requests. Nothing was done; repeat after Retry-After."},
		{500, "internal_error", "A mistake of the server. Repeat under the same Idempotency-Key."},
		{500, "payment_provider_error", "The payment provider refused the shop's own account. Nothing was charged."},
		{503, "payment_outcome_unknown", "The payment provider has not said what became of the payment. Repeat under the same Idempotency-Key."},
		{503, "payment_provider_unavailable", "The payment provider does not answer, and nothing was charged. Repeat later."},
	}
	if carts {
		list = append(list, Code{422, "out_of_stock", "Nothing of the cart can be had."},
			Code{422, "invalid", "The cart would be in another currency than the shop's."})
	}
	return list
}
