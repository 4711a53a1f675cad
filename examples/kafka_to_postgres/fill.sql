-- 20,000 payments, the same every time: into a topic, and as they are into a table, so that PostgreSQL can compute the answer itself.
CREATE TABLE made (payment_id BIGINT, account INT, amount DECIMAL(10, 2), paid_at TIMESTAMP(3)) WITH (
  'connector' = 'datagen', 'number-of-rows' = '20000', 'rows-per-second' = '1000000', 'seed' = '7',
  'fields.payment_id.kind' = 'sequence', 'fields.payment_id.start' = '1', 'fields.payment_id.end' = '20000',
  'fields.account.min' = '1', 'fields.account.max' = '50', 'fields.amount.min' = '1', 'fields.amount.max' = '900');

CREATE TABLE topic (payment_id BIGINT, account INT, amount DECIMAL(10, 2), paid_at TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'topic' = '${TOPIC}', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json');

CREATE TABLE compare (payment_id BIGINT, account INT, amount DECIMAL(10, 2), paid_at TIMESTAMP(3)) WITH (
  'connector' = 'jdbc', 'url' = '${DB}', 'username' = '${USER}', 'table-name' = 'raw_payments');

-- one payment every 250 ms of event time
CREATE VIEW payments AS
SELECT payment_id, account, amount,
  CAST(TIMESTAMPADD(SECOND, CAST(payment_id / 4 AS INT), TIMESTAMP '2024-03-01 10:00:00') AS TIMESTAMP(3)) AS paid_at
FROM made;

EXECUTE STATEMENT SET BEGIN
  INSERT INTO topic SELECT * FROM payments;
  INSERT INTO compare SELECT * FROM payments;
END;
