-- Joins on one key become one operator; the third key may be named by any side that has a row in every result.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json');
CREATE VIEW totals AS SELECT car, SUM(km) AS km FROM trips GROUP BY car;
SELECT /*+ STATE_TTL('b' = '1 d') */ a.id, b.tag, t.km FROM trips AS a JOIN trips AS b ON a.car = b.car AND a.km < b.km LEFT JOIN totals AS t ON t.car = b.car;
