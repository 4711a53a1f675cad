CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT M.symbol, M.a + 1 AS a1, b, id FROM (SELECT id, symbol, price * 2 AS twice, ts FROM stock WHERE tax > 1) MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES A.twice AS a, B.twice AS b, B.id AS id
  PATTERN (A B)
  DEFINE B AS B.twice > A.twice + 4
) AS M WHERE M.b < 50;
