-- A versioned view: the join takes the rows below the deduplication and keeps the versions itself.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json');
CREATE VIEW latest AS SELECT car, km, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY car ORDER BY ts DESC) AS rn FROM trips) WHERE rn = 1;
SELECT t.id, l.km FROM trips AS t LEFT JOIN latest FOR SYSTEM_TIME AS OF t.ts AS l ON t.car = l.car AND l.km > t.km WHERE t.fare > 1;
