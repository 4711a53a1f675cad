-- UNION, WITH, views and derived tables.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT car FROM trips WHERE km > 5 UNION SELECT car FROM trips WHERE fare > 5;
SELECT id, 'far' AS why FROM trips WHERE km > 5 UNION ALL SELECT id, 'dear' FROM trips WHERE fare > 5;
WITH a AS (SELECT car, km FROM trips WHERE km IS NOT NULL), b AS (SELECT car, SUM(km) AS s FROM a GROUP BY car) SELECT * FROM b WHERE s > 10;
CREATE VIEW far AS SELECT id, car AS who, km FROM trips WHERE km > 5;
SELECT * FROM far;
CREATE TEMPORARY VIEW far2 (number, name) AS SELECT id, who FROM far WHERE id > 4;
SELECT name, number FROM far2;
SELECT * FROM (SELECT * FROM (SELECT id FROM trips) WHERE id < 3) AS x;
