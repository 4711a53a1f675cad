CREATE TABLE t (k STRING, v INT, s STRING, d DECIMAL(8,2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/distinct.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT k, ts, v, COUNT(DISTINCT v) OVER w AS a, SUM(DISTINCT v) OVER w AS b, COUNT(DISTINCT s) OVER w AS c
FROM t WINDOW w AS (PARTITION BY k ORDER BY ts RANGE UNBOUNDED PRECEDING);
