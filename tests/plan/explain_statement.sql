-- EXPLAIN as a statement.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
EXPLAIN SELECT DISTINCT tag FROM trips;
