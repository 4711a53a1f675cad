CREATE TABLE payments (id INT, account BIGINT, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '12' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_payments.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM payments MATCH_RECOGNIZE (
  PARTITION BY account ORDER BY ts
  MEASURES S.id AS small_id, S.amount AS small, L.id AS large_id, L.amount AS big, L.ts AS large_ts
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (S L) WITHIN INTERVAL '1' MINUTE
  DEFINE S AS S.amount < 1.00, L AS L.amount > 500
);
