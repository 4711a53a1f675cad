--- unknown-table
SELECT * FROM missing;
--- unknown-table-near
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM tripz;
--- unknown-column
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id, cra FROM trips;
--- unknown-column-qualified
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT t.id, t.fair FROM trips AS t;
--- unknown-qualifier
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT trips.id FROM trips AS t;
--- unknown-column-case
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT CAR FROM trips;
--- unknown-function
SELECT UPPPER('x');
--- unknown-function-far
SELECT frobnicate(1);
--- unknown-type
CREATE TABLE t (a INTT) WITH ('connector' = 'blackhole');
--- unknown-connector
CREATE TABLE t (a INT) WITH ('connector' = 'filesytem', 'path' = 'x', 'format' = 'json');
SELECT * FROM t;
--- unknown-format
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'jsn');
SELECT * FROM t;
--- unknown-option
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json', 'json.ignore-parse-error' = 'true');
SELECT * FROM t;
--- unknown-set-option
SET 'weir.late-row.allowed' = '1 min';
--- unknown-hint-option
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips /*+ OPTIONS('json.ignore' = 'true') */;
--- unknown-window-column
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(tz), INTERVAL '1' MINUTE));
--- unknown-insert-column
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE TABLE o (a INT, b STRING) WITH ('connector' = 'blackhole');
INSERT INTO o (a, c) SELECT id, car FROM trips;
--- unknown-field
SELECT r.z FROM (VALUES (CAST(ROW(1, 2) AS ROW<x INT, y INT>))) AS t (r);
--- unknown-metadata
CREATE TABLE t (a INT, f STRING METADATA FROM 'file.nam') WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM t;
--- unknown-view-drop
DROP VIEW nothing;
--- table-exists
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE TABLE trips (a INT) WITH ('connector' = 'blackhole');
--- duplicate-column
CREATE TABLE t (a INT, b INT, a STRING) WITH ('connector' = 'blackhole');
--- duplicate-alias
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT x.id FROM trips AS x, trips AS x;
--- ambiguous-column
WITH a AS (SELECT 1 AS k), b AS (SELECT 2 AS k) SELECT k FROM a, b;
--- undefined-variable
SELECT '${NOWHERE}';
--- undefined-variable-near -v DATA_DIR=x
SELECT '${DATADIR}';
--- reserved-word
SELECT 1 AS value;
--- reserved-column
CREATE TABLE t (time TIMESTAMP(3)) WITH ('connector' = 'blackhole');
--- late-table-unknown
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SET 'weir.late-rows.table' = 'lat';
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- second-line
SELECT 1;
SELECT
  2,
	nope
FROM (VALUES (1)) AS t (a);
--- swapped-letters
SELECT usre_id FROM (VALUES (1, 2)) AS t (user_id, v);
--- many-columns
SELECT nothing FROM (VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22))
AS t (c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22);
--- letter-outside
SELECT prix€ FROM t;
--- letter-inside
SELECT größe FROM (VALUES (1)) AS t (grösse);
--- drop-view-of-a-table
CREATE TABLE t (a INT) WITH ('connector' = 'blackhole');
DROP VIEW t;
--- drop-table-of-a-view
CREATE VIEW v AS SELECT 1 AS a;
DROP TABLE IF EXISTS v;
