-- HOP: overlapping, gaps are refused elsewhere, offsets, without aggregation.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, window_end, COUNT(*) AS n, SUM(km) AS s FROM TABLE(HOP(TABLE trips, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) GROUP BY window_start, window_end;
SELECT car, window_start, COUNT(*) AS n, COUNT(DISTINCT tag) AS d FROM TABLE(HOP(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)) GROUP BY car, window_start, window_end;
SELECT window_start, MIN(fare) AS lo, MAX(fare) AS hi FROM TABLE(HOP(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND, INTERVAL '4' SECOND)) GROUP BY window_start, window_end;
SELECT id, window_start, window_end FROM TABLE(HOP(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND)) WHERE id < 4;
