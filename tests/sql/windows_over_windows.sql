-- Windows over windows: window_time carries the time on, and window columns are keys of a second GROUP BY.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW per10 AS SELECT car, window_start AS ws, window_end AS we, window_time AS wt, COUNT(*) AS n, SUM(km) AS km FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY car, window_start, window_end, window_time;
SELECT window_start, window_end, SUM(n) AS n, SUM(km) AS km FROM TABLE(TUMBLE(TABLE per10, DESCRIPTOR(wt), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT car, window_start, MAX(n) AS m FROM TABLE(HOP(TABLE per10, DESCRIPTOR(wt), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY car, window_start, window_end;
SELECT ws, we, SUM(n) AS n, MAX(km) AS km FROM per10 GROUP BY ws, we;
SELECT n, COUNT(*) AS c FROM per10 GROUP BY n;
