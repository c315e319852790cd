-- +goose Up
-- What items cost before their prices were changed, for as long as a shop may
-- keep a price that an agent has from a feed.
CREATE TABLE past_price (
  merchant_id TEXT NOT NULL,
  item_id     TEXT NOT NULL,
  until       BIGINT NOT NULL,
  price       BIGINT NOT NULL,
  currency    TEXT NOT NULL,
  PRIMARY KEY (merchant_id, item_id, until)
);
CREATE INDEX past_price_until ON past_price (until);

-- +goose Down
DROP TABLE past_price;
