CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM stock MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES C.price AS last_price, COUNT(B.id) AS n, A.id AS a, C.id AS c
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B* C)
  DEFINE A AS A.price > 12, B AS B.price < 18, C AS C.price > 9
);
