-- +goose Up
-- What the last daily comparison with a shop's own ledger found, as
-- payment_report is of its PSP.
CREATE TABLE ledger_report (
  merchant_id TEXT NOT NULL,
  live        INTEGER NOT NULL,
  made_at     INTEGER NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, live)
) STRICT;

-- +goose Down
DROP TABLE ledger_report;
