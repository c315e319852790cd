-- +goose Up
-- Uses of discounts that are limited: by all buyers in the row without a buyer,
-- by one buyer in the row of their digest. A use is held while it is being paid
-- for, as stock is.
CREATE TABLE discount_use (
  merchant_id TEXT NOT NULL,
  live        BIGINT NOT NULL,
  discount_id TEXT NOT NULL,
  buyer       TEXT NOT NULL,
  held        BIGINT NOT NULL CHECK (held >= 0),
  used        BIGINT NOT NULL CHECK (used >= 0),
  PRIMARY KEY (merchant_id, live, discount_id, buyer)
);

-- +goose Down
DROP TABLE discount_use;
