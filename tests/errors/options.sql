--- missing-file
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/none.json', 'format' = 'json');
SELECT * FROM t;
--- missing-glob
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/*.none', 'format' = 'json');
SELECT * FROM t;
--- missing-path
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'json');
SELECT * FROM t;
--- missing-format
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json');
SELECT * FROM t;
--- missing-connector
CREATE TABLE t (a INT) WITH ('path' = 'data/trips.json');
SELECT * FROM t;
--- unwritable-folder
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '/proc/nowhere/out.json', 'format' = 'json');
INSERT INTO t VALUES (1);
--- output-is-a-folder
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json/x.json', 'format' = 'json');
INSERT INTO t VALUES (1);
--- enum-value
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO');
SELECT * FROM t;
--- boolean-value
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json', 'json.ignore-parse-errors' = 'yes');
SELECT * FROM t;
--- integer-value
SET 'parallelism.default' = 'many';
--- integer-range --parallelism 0x
SELECT 1;
--- parallelism-too-large --parallelism 100000
SELECT 1;
--- batch-zero --set weir.batch.max-rows=0
SELECT 1;
--- zone
SET 'table.local-time-zone' = 'Europe/Berln';
SELECT TO_TIMESTAMP_LTZ(0, 3);
--- error-mode
SET 'error-handling.mode' = 'skip';
--- error-target-missing
SET 'error-handling.mode' = 'log';
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM t;
--- error-target-unknown
SET 'error-handling.mode' = 'log';
SET 'error-handling.log.target' = 'dead';
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM t;
--- csv-map
CREATE TABLE t (m MAP<STRING, INT>) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'csv');
SELECT * FROM t;
--- csv-delimiter
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'csv', 'csv.field-delimiter' = 'ab');
SELECT * FROM t;
--- updates-into-append
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE TABLE o (car STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o SELECT car, COUNT(*) FROM trips GROUP BY car;
--- read-blackhole
CREATE TABLE b (a INT) WITH ('connector' = 'blackhole');
SELECT * FROM b;
--- write-datagen
CREATE TABLE d (a INT) WITH ('connector' = 'datagen');
INSERT INTO d SELECT 1;
--- datagen-field
CREATE TABLE d (a INT) WITH ('connector' = 'datagen', 'fields.b.min' = '1');
SELECT * FROM d;
--- insert-into-view
CREATE VIEW v AS SELECT 1 AS a;
INSERT INTO v SELECT 1;
--- rate-limit-of-nothing
CREATE TABLE d (a INT) WITH ('connector' = 'datagen', 'scan.rate-limit' = '0');
SELECT * FROM d;
--- priority-is-a-number
CREATE TABLE d (a INT) WITH ('connector' = 'datagen', 'scan.priority' = 'high');
SELECT * FROM d;
--- alignment-needs-a-drift
CREATE TABLE d (a INT) WITH ('connector' = 'datagen', 'scan.watermark.alignment.group' = 'g');
SELECT * FROM d;
--- alignment-needs-a-group
CREATE TABLE d (a INT) WITH ('connector' = 'datagen', 'scan.watermark.alignment.max-drift' = '1 s');
SELECT * FROM d;
--- alignment-drift-is-a-duration
CREATE TABLE d (a INT) WITH ('connector' = 'datagen', 'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = 'soon');
SELECT * FROM d;
--- pattern-of-tables
CREATE TABLE t (a INT) WITH ('connector' = 'postgres-cdc', 'hostname' = 'h', 'database-name' = 'd', 'table-name' = 'orders_.*'); SELECT * FROM t;
