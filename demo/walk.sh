  SHOP=@BASE_URL@
  acp() { curl -sS "$SHOP/checkout_sessions$1" -H "Authorization: Bearer @API_KEY@" \
    -H "API-Version: 2026-04-17" -H "Content-Type: application/json" \
    -H "Idempotency-Key: walk-$(date +%s)-${1##*/}" -d "$2"; }

  echo; echo "1. A session: the shop answers with lines, delivery options and totals."
  SESSION=$(acp "" '{"currency":"@CURRENCY@","capabilities":{},"line_items":[{"id":"@ITEM@","quantity":1}],
    "fulfillment_details":{"address":{"name":"Test Buyer","line_one":"1 Example Street","city":"San Francisco",
    "state":"CA","country":"US","postal_code":"94105"}}}')
  printf '%s\n' "$SESSION"
  ID=$(printf '%s\n' "$SESSION" | grep -o '"id":"cs_[^"]*' | head -n 1 | cut -c 7-)

  echo; echo "2. Pay it with a test token: the answer carries the order."
  acp "/$ID/complete" '{"buyer":{"email":"test.buyer@example.com"},"payment_data":{"handler_id":"card_tokenized",
    "instrument":{"type":"card","credential":{"type":"spt","token":"tok_visa"}}}}'; echo

  echo; echo "3. The webhooks that the agent was sent."
  sleep 1; curl -sS @WEBHOOK_LOG_URL@; echo
