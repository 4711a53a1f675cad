CREATE TABLE t (k STRING, v INT, s STRING, d DECIMAL(8,2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '10' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/distinct.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, k, COUNT(*) AS a, COUNT(*) FILTER (WHERE ts >= window_end - INTERVAL '1' SECOND) AS b, MAX(window_end) AS c,
  SUM(CASE WHEN ts < window_start + INTERVAL '2' SECOND THEN v END) AS d, COUNT(DISTINCT window_time) AS e
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end;
