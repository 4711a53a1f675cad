CREATE TABLE clicks (id INT, `user` INT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_clicks.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW found AS SELECT * FROM clicks MATCH_RECOGNIZE (
  PARTITION BY `user` ORDER BY ts
  MEASURES A.id AS a, MATCH_ROWTIME() AS t
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A B)
  DEFINE A AS A.page = 'search', B AS B.page = 'item'
);
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE found, DESCRIPTOR(t), INTERVAL '2' MINUTE)) GROUP BY window_start, window_end;
