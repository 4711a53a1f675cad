CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM stock MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES COUNT(*) AS n, SUM(B.price + B.tax) AS s, MIN(B.price) AS mn, MAX(B.price) AS mx, AVG(CAST(B.price AS DOUBLE)) AS av, LAST(B.price + B.tax, 1) AS bef, FIRST(B.price * 2) AS dbl
  AFTER MATCH SKIP TO LAST B
  PATTERN (A B+ C)
  DEFINE B AS SUM(B.price) < 60 AND COUNT(B.id) <= 4, C AS C.price <> LAST(B.price)
);
