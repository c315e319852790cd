-- +goose Up
CREATE TABLE cart (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  live        BIGINT NOT NULL,
  agent       TEXT NOT NULL,
  version     BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, id)
);
CREATE INDEX cart_expires ON cart (expires_at);

-- +goose Down
DROP TABLE cart;
