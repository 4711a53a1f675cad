CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM stock MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES COUNT(A.id) AS na, COUNT(B.id) AS nb, FIRST(A.id) AS a, C.id AS c
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{1,2}? B{1,2}? C)
  DEFINE C AS C.price < 11
);
