-- +goose Up
-- What a sale used up, as JSON: counted stock and uses of discounts, which a
-- cancellation gives back.
ALTER TABLE orders ADD COLUMN sold TEXT NOT NULL DEFAULT '';

-- The orders that were sold with a discount, whether it is counted or not.
CREATE TABLE discount_order (
  merchant_id TEXT NOT NULL,
  order_id    TEXT NOT NULL,
  discount_id TEXT NOT NULL,
  live        INTEGER NOT NULL,
  buyer       TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  at          INTEGER NOT NULL,
  given_back  INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, order_id, discount_id)
) STRICT;
CREATE INDEX discount_order_of ON discount_order (merchant_id, live, discount_id, order_id);

-- +goose Down
DROP TABLE discount_order;
ALTER TABLE orders DROP COLUMN sold;
