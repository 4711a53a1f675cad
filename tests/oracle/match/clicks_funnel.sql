CREATE TABLE clicks (id INT, `user` INT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_clicks.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM clicks MATCH_RECOGNIZE (
  PARTITION BY `user` ORDER BY ts
  MEASURES H.ts AS home_ts, COUNT(X.id) AS between_pages, P.ts AS pay_ts, P.page || '<' || LAST(X.page) AS way
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (H X*? P) WITHIN INTERVAL '5' MINUTE
  DEFINE H AS H.page = 'home', P AS P.page = 'pay'
);
