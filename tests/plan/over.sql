-- OVER: calls with one window share an operator; arguments are columns; order by other columns updates.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT id, SUM(km + 1) OVER w AS s, COUNT(DISTINCT tag) FILTER (WHERE km > 1) OVER w AS d, LAG(fare, 2) OVER (PARTITION BY car ORDER BY ts) AS l, ROW_NUMBER() OVER (ORDER BY ts) AS r FROM trips WINDOW w AS (PARTITION BY car ORDER BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW);
SELECT car, RANK() OVER (PARTITION BY tag ORDER BY km DESC) AS r FROM trips;
