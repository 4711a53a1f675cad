-- A filter and a projection: the source reads only the columns that are needed.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT id + 1 AS a, UPPER(car) AS b FROM trips WHERE km > 3 AND tag = 'x';
