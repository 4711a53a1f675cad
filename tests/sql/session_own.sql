-- SESSION, weir only: a window over session rows, GROUPING SETS over sessions, and sessions of no rows.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW v AS SELECT seq, hits, window_time AS at_time FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND));
SELECT window_start, window_end, COUNT(*) AS n, SUM(hits) AS h FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(at_time), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT window_start, window_end, SUM(n) AS n, SUM(h) AS h FROM (
  SELECT window_start, window_end, COUNT(*) AS n, SUM(hits) AS h FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '30' SECOND)) GROUP BY dev, window_start, window_end)
GROUP BY window_start, window_end;
SELECT dev, window_start, window_end, COUNT(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '30' SECOND)) GROUP BY GROUPING SETS ((dev, window_start, window_end), (window_start, window_end));
CREATE VIEW nobody AS SELECT seq, ts FROM s WHERE seq < 0;
SELECT seq, window_start, window_end FROM TABLE(SESSION(TABLE nobody PARTITION BY seq, DESCRIPTOR(ts), INTERVAL '5' SECOND));
