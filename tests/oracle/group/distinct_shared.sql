CREATE TABLE t (k STRING, v INT, s STRING, d DECIMAL(8,2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/distinct.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT k, COUNT(DISTINCT v) AS a, COUNT(DISTINCT v) FILTER (WHERE v > 3) AS b, SUM(DISTINCT v) AS c,
  SUM(DISTINCT v) FILTER (WHERE s IS NOT NULL) AS d, AVG(DISTINCT v) FILTER (WHERE MOD(v, 2) = 0) AS e, MAX(DISTINCT v) AS f,
  COUNT(DISTINCT s) AS g, COUNT(DISTINCT s) FILTER (WHERE v IS NULL) AS h, COUNT(DISTINCT d) AS i, SUM(DISTINCT d) FILTER (WHERE v < 5) AS j, COUNT(*) AS n
FROM t GROUP BY k;
