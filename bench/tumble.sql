-- Clicks per user in 10-second tumbling windows; the result is thrown away.
CREATE TABLE clicks (
  user_id INT, url STRING, amount DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/clicks-5m.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE nowhere (
  window_start TIMESTAMP(3), user_id INT, n BIGINT, total DOUBLE, top DOUBLE
) WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT window_start, user_id, COUNT(*), SUM(amount), MAX(amount)
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, user_id;
