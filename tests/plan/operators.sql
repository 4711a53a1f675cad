-- One of each kind that other scripts here do not show.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT car, km, rn FROM (SELECT car, km, ROW_NUMBER() OVER (PARTITION BY car ORDER BY km DESC) AS rn FROM trips) WHERE rn <= 2;
SELECT car, km FROM (SELECT car, km, ROW_NUMBER() OVER (PARTITION BY car ORDER BY km DESC) AS rn FROM trips) WHERE rn <= 2;
SELECT car, km FROM (SELECT car, km, ROW_NUMBER() OVER (PARTITION BY car ORDER BY ts) AS rn FROM trips) WHERE rn = 1;
SELECT car, km FROM (SELECT car, km, ROW_NUMBER() OVER (PARTITION BY car ORDER BY ts DESC) AS rn FROM trips) WHERE rn = 1;
SELECT car, window_end, km FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, car ORDER BY km) AS rn
  FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn <= 2;
SELECT car, km FROM trips ORDER BY km LIMIT 3;
SELECT car, ts FROM trips ORDER BY ts;
SELECT car FROM trips INTERSECT SELECT tag FROM trips;
SELECT car FROM trips EXCEPT ALL SELECT tag FROM trips;
SELECT a.car, b.tag FROM trips AS a LEFT JOIN trips AS b ON a.car = b.tag AND a.km < b.km;
SELECT car FROM trips WHERE car IN (SELECT tag FROM trips);
SELECT car FROM trips AS a WHERE NOT EXISTS (SELECT 1 FROM trips AS b WHERE b.tag = a.car);
SELECT id, e FROM trips CROSS JOIN UNNEST(ARRAY[km, id]) AS x (e);
SELECT car, tag, COUNT(*) FROM trips GROUP BY GROUPING SETS ((car), (tag), ());
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v (x, y);
SELECT l.car, r.tag FROM (SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND))) AS l
  JOIN (SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND))) AS r
  ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.car = r.tag;
