-- +goose Up
-- What the last daily comparison with a shop's own ledger found, as
-- payment_report is of its PSP.
CREATE TABLE ledger_report (
  merchant_id TEXT NOT NULL,
  live        BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, live)
);

-- +goose Down
DROP TABLE ledger_report;
