-- +goose Up
-- Cards that the shop's payment provider keeps for customers: references to
-- them, never a number. What is removed keeps none.
CREATE TABLE saved_card (
  merchant_id  TEXT NOT NULL,
  id           TEXT NOT NULL,
  live         INTEGER NOT NULL,
  customer_id  TEXT NOT NULL,
  provider     TEXT NOT NULL,
  account      TEXT NOT NULL,
  psp_customer TEXT NOT NULL,
  psp_card     TEXT NOT NULL,
  brand        TEXT NOT NULL,
  last4        TEXT NOT NULL,
  exp_month    INTEGER NOT NULL CHECK (exp_month BETWEEN 1 AND 12),
  exp_year     INTEGER NOT NULL,
  label        TEXT NOT NULL,
  added_by     TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  removed_by   TEXT NOT NULL,
  removed_at   INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX saved_card_customer ON saved_card (merchant_id, live, customer_id, id);
CREATE UNIQUE INDEX saved_card_once ON saved_card (merchant_id, live, provider, account, psp_card, psp_customer) WHERE removed_at = 0;

-- +goose Down
DROP TABLE saved_card;
