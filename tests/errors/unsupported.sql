--- match-recognize
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS i ALL ROWS PER MATCH PATTERN (A B) DEFINE A AS A.id = 1);
--- over
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id, LEAD(id) OVER (ORDER BY ts) FROM trips;
--- create-function
CREATE FUNCTION f AS 'x.Y';
--- create-catalog
CREATE CATALOG c WITH ('type' = 'generic_in_memory');
--- tablesample
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips TABLESAMPLE BERNOULLI (10);
--- state-backend
SET 'state.backend.type' = 'forst';
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
--- null-treatment
SELECT k, FIRST_VALUE(v) IGNORE NULLS FROM (VALUES (1, 2)) AS t (k, v) GROUP BY k;
--- null-treatment-scalar
SELECT UPPER('a') RESPECT NULLS;
--- create-materialized-view
CREATE MATERIALIZED VIEW totals AS SELECT 1 AS a;
--- drop-materialized-view
DROP MATERIALIZED VIEW totals;
