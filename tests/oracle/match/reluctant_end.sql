CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM stock MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES A.id AS a, LAST(B.id) AS b
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A B{2,}?)
  DEFINE A AS A.price > 12, B AS B.price > 8
);
