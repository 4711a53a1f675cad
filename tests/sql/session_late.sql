-- weir only: A session that was shown, taken back by a late row and fired again together with its old timer is shown once.
CREATE TABLE hits (
  k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/session_late.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SET 'weir.source.block-size' = '1';
SET 'weir.late-rows.allowed' = '5 s';
SELECT k, window_start, window_end, COUNT(*) AS n FROM TABLE(SESSION(TABLE hits PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end;
