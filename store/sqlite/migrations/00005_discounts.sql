-- +goose Up
-- Uses of discounts that are limited: by all buyers in the row without a buyer,
-- by one buyer in the row of their digest. A use is held while it is being paid
-- for, as stock is.
CREATE TABLE discount_use (
  merchant_id TEXT NOT NULL,
  live        INTEGER NOT NULL,
  discount_id TEXT NOT NULL,
  buyer       TEXT NOT NULL,
  held        INTEGER NOT NULL CHECK (held >= 0),
  used        INTEGER NOT NULL CHECK (used >= 0),
  PRIMARY KEY (merchant_id, live, discount_id, buyer)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE discount_use;
