CREATE TABLE payments (id INT, account BIGINT, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '12' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_payments.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM payments MATCH_RECOGNIZE (
  PARTITION BY account ORDER BY ts, amount DESC
  MEASURES S.id AS small_id, COUNT(O.id) AS others, SUM(O.amount) AS total, L.id AS large_id
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (S O{0,3} L) WITHIN INTERVAL '2' MINUTE
  DEFINE S AS S.amount < 1.00, O AS O.amount BETWEEN 1 AND 500, L AS L.amount > 500
);
