-- +goose Up
CREATE TABLE cart (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  live        INTEGER NOT NULL,
  agent       TEXT NOT NULL,
  version     INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX cart_expires ON cart (expires_at);

-- +goose Down
DROP TABLE cart;
