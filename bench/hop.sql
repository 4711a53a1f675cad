-- Clicks per user in windows of 60 seconds every 10 seconds; the result is thrown away.
CREATE TABLE clicks (
  user_id INT, url STRING, amount DOUBLE, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/clicks-5m.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE nowhere (
  window_start TIMESTAMP(3), user_id INT, n BIGINT, total DOUBLE, top DOUBLE
) WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT window_start, user_id, COUNT(*), SUM(amount), MAX(amount)
FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '60' SECOND))
GROUP BY window_start, window_end, user_id;
