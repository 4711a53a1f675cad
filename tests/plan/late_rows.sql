-- Allowed lateness makes a window's result an updating one.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SET 'weir.late-rows.allowed' = '1 min';
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
