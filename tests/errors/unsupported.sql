--- match-recognize
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS i PATTERN (A B) DEFINE A AS A.id = 1);
--- temporal-join
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT a.id FROM trips AS a JOIN trips FOR SYSTEM_TIME AS OF a.ts AS b ON a.id = b.id;
--- unnest
SELECT x FROM (VALUES (ARRAY[1])) AS t (a) CROSS JOIN UNNEST(a) AS u (x);
--- over
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id, SUM(id) OVER (ORDER BY ts) FROM trips;
--- row-number
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY car ORDER BY ts) AS rn FROM trips) WHERE rn = 1;
--- order-by
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id FROM trips ORDER BY id;
--- limit
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id FROM trips LIMIT 1;
--- create-function
CREATE FUNCTION f AS 'x.Y';
--- create-catalog
CREATE CATALOG c WITH ('type' = 'generic_in_memory');
--- alter-table
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
ALTER TABLE trips RENAME TO t;
--- tablesample
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips TABLESAMPLE BERNOULLI (10);
--- batch-mode
SET 'execution.runtime-mode' = 'batch';
--- state-backend
SET 'state.backend.type' = 'rocksdb';
--- kafka
CREATE TABLE k (a INT) WITH ('connector' = 'kafka', 'topic' = 't');
SELECT * FROM k;
--- avro
CREATE TABLE k (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'avro');
SELECT * FROM k;
--- lateral
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips, LATERAL TABLE(f(id));
--- variant
SELECT PARSE_JSON('1');
--- analyze
ANALYZE TABLE t COMPUTE STATISTICS;
--- call
CALL p();
