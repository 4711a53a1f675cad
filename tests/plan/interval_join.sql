-- Time bounds make an interval join, the rest of the condition stays; the window above takes either time.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json');
CREATE VIEW pairs AS SELECT a.car, a.ts AS first_ts, b.ts AS next_ts FROM trips a JOIN trips b
  ON a.car = b.car AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '10' SECOND AND a.km < b.km AND a.fare > 1;
SELECT window_start, car, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE pairs, DESCRIPTOR(next_ts), INTERVAL '1' MINUTE)) GROUP BY car, window_start, window_end;
