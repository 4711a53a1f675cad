-- Transactions more than 3 standard deviations above the average of their account, as they come. What an account has spent before is
-- the state of the job: it comes back after a crash.

CREATE TABLE transactions (
  transaction_id INT,
  account STRING,
  amount DOUBLE,
  `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = '${TOPIC}',
  'properties.bootstrap.servers' = '${BROKER}',
  'properties.group.id' = 'fraud',
  'key.format' = 'raw',
  'key.fields' = 'account',
  'value.format' = 'json',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset', -- so that the example ends
  'scan.rate-limit' = '250'              -- and there is time to kill it
);

CREATE TABLE alerts (
  transaction_id INT,
  account STRING,
  `at` TIMESTAMP(3),
  amount DOUBLE,
  average DOUBLE,
  deviation DOUBLE
) WITH (
  'connector' = 'kafka',
  'topic' = '${TOPIC}-alerts',
  'properties.bootstrap.servers' = '${BROKER}',
  'format' = 'json',
  'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = '${TOPIC}'
);

-- of the up to 100 transactions before; the sums have the current amount taken out again
CREATE VIEW sums AS
SELECT
  transaction_id, account, amount, `at`,
  COUNT(*) OVER w - 1 AS n,
  SUM(amount) OVER w - amount AS s,
  SUM(amount * amount) OVER w - amount * amount AS s2
FROM transactions
WINDOW w AS (PARTITION BY account ORDER BY `at` ROWS BETWEEN 100 PRECEDING AND CURRENT ROW);

CREATE VIEW profiles AS
SELECT transaction_id, account, amount, `at`, s / n AS average, SQRT(s2 / n - (s / n) * (s / n)) AS deviation
FROM sums
WHERE n >= 10;

INSERT INTO alerts
SELECT transaction_id, account, `at`, amount, ROUND(average, 2), ROUND(deviation, 2)
FROM profiles
WHERE amount > average + 3 * deviation;
