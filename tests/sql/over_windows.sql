-- weir only: OVER: several windows in one query, FILTER, frames of the current row, windows over windows.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT id, car, ts, km,
  SUM(km) OVER (PARTITION BY car ORDER BY ts) AS so_far,
  SUM(km) OVER (PARTITION BY car ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two,
  SUM(km) OVER (PARTITION BY car ORDER BY ts RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW) AS near,
  COUNT(*) FILTER (WHERE km > 3) OVER (PARTITION BY car ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS far,
  SUM(km) OVER (PARTITION BY car ORDER BY ts ROWS BETWEEN CURRENT ROW AND CURRENT ROW) AS own,
  COUNT(*) OVER (ORDER BY ts) AS n,
  ROW_NUMBER() OVER (PARTITION BY tag ORDER BY ts) AS tag_n
FROM trips;
SELECT id, s, LAG(s) OVER (ORDER BY ts) AS previous FROM (
  SELECT id, ts, SUM(km) OVER (PARTITION BY car ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM trips);
SELECT car, n, RANK() OVER (ORDER BY n DESC, car) AS place, SUM(n) OVER (ORDER BY n DESC, car) AS total
FROM (SELECT car, COUNT(*) AS n FROM trips GROUP BY car);
