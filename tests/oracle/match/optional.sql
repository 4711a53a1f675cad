CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM stock MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES A.id AS a, B.id AS b, C.id AS c, COUNT(B.id) AS n, SUM(B.price) AS s
  PATTERN (A B? C)
  DEFINE A AS A.price < 14, B AS B.tax = 2, C AS C.price > A.price
);
