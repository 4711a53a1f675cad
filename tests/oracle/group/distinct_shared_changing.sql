CREATE TABLE t (k STRING, v INT, s STRING, d DECIMAL(8,2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/distinct.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT m, COUNT(DISTINCT n) AS a, COUNT(DISTINCT n) FILTER (WHERE n > 30) AS b, SUM(DISTINCT n) AS c
FROM (SELECT v, MOD(v, 4) AS m, COUNT(*) AS n FROM t GROUP BY v) GROUP BY m;
