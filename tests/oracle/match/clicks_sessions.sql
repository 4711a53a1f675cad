CREATE TABLE clicks (id INT, `user` INT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_clicks.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM clicks MATCH_RECOGNIZE (
  PARTITION BY `user` ORDER BY ts
  MEASURES FIRST(C.ts) AS start_ts, LAST(C.ts) AS end_ts, COUNT(C.id) AS clicks, LAST(C.page) AS last_page
  AFTER MATCH SKIP TO NEXT_SESSION
  PATTERN (C+ NEXT_SESSION)
  DEFINE C AS LAST(C.ts, 1) IS NULL OR C.ts < LAST(C.ts, 1) + INTERVAL '30' SECOND
);
