-- Payments of a topic, cleaned and summed up per account and minute, into two tables: exactly once.

CREATE TABLE payments (
  payment_id BIGINT,
  account INT,
  amount DECIMAL(10, 2),
  paid_at TIMESTAMP(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = '${TOPIC}',
  'properties.bootstrap.servers' = '${BROKER}',
  'format' = 'json',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset', -- so that the example ends
  'scan.rate-limit' = '5000'             -- and there is time to kill it
);

CREATE TABLE large_payments (
  payment_id BIGINT,
  account INT,
  cents BIGINT
) WITH (
  'connector' = 'jdbc',
  'url' = '${DB}',
  'username' = '${USER}',
  'table-name' = 'large_payments',
  'sink.delivery-guarantee' = 'exactly-once'
);

CREATE TABLE minutes (
  account INT,
  minute_start TIMESTAMP(3),
  payments BIGINT,
  total DECIMAL(38, 2)
) WITH (
  'connector' = 'jdbc',
  'url' = '${DB}',
  'username' = '${USER}',
  'table-name' = 'minutes',
  'sink.delivery-guarantee' = 'exactly-once'
);

EXECUTE STATEMENT SET BEGIN
  INSERT INTO large_payments
  SELECT payment_id, account, CAST(amount * 100 AS BIGINT) FROM payments WHERE amount > 850;

  INSERT INTO minutes
  SELECT account, window_start, COUNT(*), SUM(amount)
  FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE))
  GROUP BY account, window_start, window_end;
END;
