-- CUMULATE: steps, keys, late rows that still count in a larger step.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, window_end, COUNT(*) AS n, SUM(fare) AS s FROM TABLE(CUMULATE(TABLE trips, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end;
SELECT car, window_start, window_end, COUNT(*) AS n, COUNT(DISTINCT tag) AS d FROM TABLE(CUMULATE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)) GROUP BY car, window_start, window_end;
