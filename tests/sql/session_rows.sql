-- SESSION without an aggregation: every row with its session.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT seq, window_start, window_end FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) WHERE dev = 'd1';
SELECT seq, window_start, window_end FROM TABLE(SESSION(TABLE s, DESCRIPTOR(ts), INTERVAL '3' SECOND)) WHERE seq > 200;
SELECT zone, window_start, window_end, COUNT(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY zone, window_start, window_end;
