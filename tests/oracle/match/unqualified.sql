CREATE TABLE stock (id INT, symbol STRING, price INT, tax INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_stock.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM stock MATCH_RECOGNIZE (
  ORDER BY ts, id
  MEASURES id AS last_id, FIRST(id) AS first_id, LAST(id, 1) AS before, FIRST(B.id, 1) AS second_b, COUNT(*) AS n, SUM(price) AS total, AVG(B.price) AS avg_b
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{2,4} C)
  DEFINE A AS price > 10, B AS price >= LAST(price, 1) - 3, C AS price < AVG(B.price)
);
