-- Transactions that are above the average of their account by more than 3 standard deviations.
--
-- Average and deviation are those of the up to 100 transactions before, so that an outlier does not hide itself: they are
-- made of sums that have the current amount taken out again. The first 10 transactions of an account only teach.

CREATE TABLE transactions (
  transaction_id INT,
  account STRING,
  amount DOUBLE,
  `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/transactions.json', 'format' = 'json');

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

SELECT
  transaction_id, account, `at`, amount,
  ROUND(average, 2) AS average, ROUND(deviation, 2) AS deviation
FROM profiles
WHERE amount > average + 3 * deviation;
