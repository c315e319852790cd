-- +goose Up
ALTER TABLE attempt ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN capture TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN page_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN page BLOB;
-- What a PSP reports of a payment's later life names the payment by its own id.
CREATE INDEX attempt_psp_ref ON attempt (merchant_id, psp_ref, id) WHERE psp_ref <> '';
-- With the id at its end the index gives the order too; without it SQLite
-- reads all of a merchant's attempts by their key instead.
DROP INDEX attempt_session;
CREATE INDEX attempt_session ON attempt (merchant_id, session_id, id);

CREATE TABLE payment_op (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  attempt_id  TEXT NOT NULL,
  order_id    TEXT NOT NULL,
  live        INTEGER NOT NULL,
  provider    TEXT NOT NULL,
  account     TEXT NOT NULL,
  kind        TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  idem_key    TEXT NOT NULL,
  reason      TEXT NOT NULL,
  psp_ref     TEXT NOT NULL,
  op_ref      TEXT NOT NULL,
  state       TEXT NOT NULL,
  class       TEXT NOT NULL,
  decline     TEXT NOT NULL,
  who         TEXT NOT NULL,
  version     INTEGER NOT NULL,
  tries       INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  final_at    INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX payment_op_attempt ON payment_op (merchant_id, attempt_id, id);
-- A move that the PSP has made once is recorded once, whoever tells of it.
CREATE UNIQUE INDEX payment_op_ref ON payment_op (merchant_id, provider, op_ref) WHERE op_ref <> '';
CREATE INDEX payment_op_open ON payment_op (id) WHERE state IN ('sending', 'unknown', 'pending');

CREATE TABLE payment_report (
  merchant_id TEXT NOT NULL,
  live        INTEGER NOT NULL,
  made_at     INTEGER NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, live)
) STRICT;

-- +goose Down
DROP TABLE payment_report;
DROP TABLE payment_op;
DROP INDEX attempt_psp_ref;
DROP INDEX attempt_session;
CREATE INDEX attempt_session ON attempt (merchant_id, session_id);
ALTER TABLE attempt DROP COLUMN page;
ALTER TABLE attempt DROP COLUMN page_ref;
ALTER TABLE attempt DROP COLUMN refunded;
ALTER TABLE attempt DROP COLUMN account;
ALTER TABLE attempt DROP COLUMN capture;
ALTER TABLE attempt DROP COLUMN kind;
