-- Windows: slices in two phases, time attribute, what is final.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT car, window_start, window_end, COUNT(*) AS n, MAX(fare) AS m FROM TABLE(HOP(TABLE trips, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY car, window_start, window_end;
SELECT car, window_end, SUM(km) AS s FROM TABLE(SESSION(TABLE trips PARTITION BY car, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY car, window_start, window_end;
SELECT id, window_start FROM TABLE(SESSION(TABLE trips PARTITION BY car, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE km > 1;
SELECT tag, window_end, SUM(km) AS s FROM TABLE(SESSION(TABLE trips PARTITION BY car, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY tag, window_start, window_end;
