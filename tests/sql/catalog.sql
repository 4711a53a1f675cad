-- weir only: SHOW, DESCRIBE, DROP, IF EXISTS, SET and RESET.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SHOW TABLES;
CREATE TABLE IF NOT EXISTS trips (never INT) WITH ('connector' = 'blackhole');
CREATE TABLE keyed (k INT NOT NULL, v ARRAY<STRING NOT NULL>, m MAP<INT, BIGINT>, f AS k + 1, PRIMARY KEY (k) NOT ENFORCED) COMMENT 'a table' PARTITIONED BY (k) WITH ('connector' = 'blackhole');
CREATE VIEW v AS SELECT car, COUNT(*) AS n FROM trips GROUP BY car;
CREATE TEMPORARY TABLE gone (i INT) WITH ('connector' = 'blackhole');
DESCRIBE trips;
DESC keyed;
DESCRIBE v;
SHOW CREATE TABLE keyed;
SHOW CREATE VIEW v;
SHOW VIEWS;
DROP TABLE IF EXISTS nothing;
DROP TEMPORARY TABLE gone;
DROP VIEW v;
DROP TABLE keyed;
SHOW TABLES;
SET 'table.local-time-zone' = 'Asia/Tokyo';
SELECT TO_TIMESTAMP_LTZ(0, 3) AS t;
RESET 'table.local-time-zone';
SELECT TO_TIMESTAMP_LTZ(0, 3) AS t;
