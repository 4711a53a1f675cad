-- A stolen card is first tried with an amount that nobody notices, then used: a payment below 1.00 and, as the very next
-- payment of that account and within a minute, one above 500.
--
-- Payments arrive out of order: the watermark waits 5 seconds for stragglers. What comes later than that is kept apart.

SET 'weir.late-rows.table' = 'late_payments';

CREATE TABLE payments (
  payment_id BIGINT,
  account STRING,
  merchant STRING,
  amount DECIMAL(10, 2),
  paid_at TIMESTAMP(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/payments.json',
  'format' = 'json'
);

CREATE TABLE late_payments (
  payment_id BIGINT,
  account STRING,
  amount DECIMAL(10, 2),
  paid_at TIMESTAMP(3),
  `watermark` TIMESTAMP(3) METADATA -- where the stream stood when the payment came
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out/late_payments.json',
  'format' = 'json'
);

SELECT account, tried_at, tried, used_at, used, merchant, TIMESTAMPDIFF(SECOND, tried_at, used_at) AS seconds
FROM payments MATCH_RECOGNIZE (
  PARTITION BY account
  ORDER BY paid_at
  MEASURES
    small.paid_at AS tried_at,
    small.amount AS tried,
    big.paid_at AS used_at,
    big.amount AS used,
    big.merchant AS merchant
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (small big) WITHIN INTERVAL '1' MINUTE
  DEFINE
    small AS small.amount < 1.00,
    big AS big.amount > 500
);
