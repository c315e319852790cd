-- +goose Up
-- With the id, so that a customer's balances are found in their order rather
-- than among all of the shop's.
DROP INDEX balance_customer;
CREATE INDEX balance_customer ON balance (merchant_id, live, customer_id, id);

-- +goose Down
DROP INDEX balance_customer;
CREATE INDEX balance_customer ON balance (merchant_id, live, customer_id);
