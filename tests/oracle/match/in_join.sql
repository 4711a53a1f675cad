CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT M.symbol, M.a, M.b, s.tax FROM stock MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES A.id AS a, B.id AS b
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B)
  DEFINE A AS A.price < 15, B AS B.price > A.price
) AS M JOIN stock AS s ON s.id = M.a;
