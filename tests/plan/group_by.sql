-- An updating aggregation: keys, state, changelog mode.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT car, COUNT(*) AS n, SUM(DISTINCT km) AS s FROM trips GROUP BY car HAVING COUNT(*) > 1;
-- A time to live of one query.
SELECT /*+ STATE_TTL('t' = '1 h') */ car, COUNT(*) FROM trips AS t GROUP BY car;
