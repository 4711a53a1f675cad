-- Equal parts of a statement are computed once: the answer is that of each alone.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW per_zone AS SELECT zone, COUNT(*) AS n, SUM(hits) AS h FROM s GROUP BY zone;
SELECT a.zone, a.n, b.h FROM per_zone a JOIN per_zone b ON a.zone = b.zone;
SELECT zone, n FROM per_zone UNION ALL SELECT zone, h FROM per_zone UNION ALL SELECT zone, n FROM per_zone WHERE n > 40;
SELECT c.dev, c.n, c.window_end
FROM (SELECT dev, COUNT(*) AS n, window_start, window_end FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY dev, window_start, window_end) c
JOIN (SELECT MAX(n) AS most, window_start, window_end FROM (SELECT COUNT(*) AS n, window_start, window_end FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY dev, window_start, window_end) GROUP BY window_start, window_end) b
ON c.window_start = b.window_start AND c.window_end = b.window_end AND c.n = b.most;
