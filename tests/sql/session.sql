-- SESSION: with keys and without, gaps bridged by rows out of order.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT car, window_start, window_end, window_time, COUNT(*) AS n, SUM(km) AS s FROM TABLE(SESSION(TABLE trips PARTITION BY car, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY car, window_start, window_end, window_time;
SELECT window_start, window_end, COUNT(*) AS n, MIN(id) AS lo, MAX(id) AS hi FROM TABLE(SESSION(TABLE trips, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end;
SELECT car, window_start, window_end, COUNT(DISTINCT tag) AS d, AVG(fare) AS a FROM TABLE(SESSION(TABLE trips PARTITION BY car, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY car, window_start, window_end;
