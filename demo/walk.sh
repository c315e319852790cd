  SHOP=@BASE_URL@
  acp() { curl -sS "$SHOP/checkout_sessions$1" -H "Authorization: Bearer @API_KEY@" \
    -H "API-Version: 2026-04-17" -H "Content-Type: application/json" -H "Idempotency-Key: $RANDOM$RANDOM" -d "$2"; }

  # 1. Open a session: the shop answers with lines, delivery options and totals.
  SESSION=$(acp "" '{"currency":"@CURRENCY@","capabilities":{},"line_items":[{"id":"@ITEM@","quantity":1}],
    "fulfillment_details":{"address":{"name":"Test Buyer","line_one":"1 Example Street","city":"San Francisco",
    "state":"CA","country":"US","postal_code":"94105"}}}')
  echo "$SESSION"; ID=$(echo "$SESSION" | grep -o '"id":"cs_[^"]*' | head -1 | cut -c7-)

  # 2. Pay it with a test token. The answer carries the order.
  acp "/$ID/complete" '{"buyer":{"email":"test.buyer@example.com"},"payment_data":{"handler_id":"card_tokenized",
    "instrument":{"type":"card","credential":{"type":"spt","token":"tok_visa"}}}}'; echo

  # 3. See the webhook that the agent was sent.
  curl -sS @WEBHOOK_LOG_URL@
