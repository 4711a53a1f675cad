--- add-text
SELECT 'a' + 1;
--- compare-types
SELECT DATE '2024-01-01' = TRUE;
--- where-not-boolean
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips WHERE id;
--- argument-type
SELECT UPPER(1);
--- argument-count
SELECT ABS(1, 2);
--- argument-count-none
SELECT SUBSTRING();
--- cast-impossible
SELECT CAST(TRUE AS DATE);
--- decimal-precision
SELECT CAST(1 AS DECIMAL(39, 2));
--- decimal-scale
SELECT CAST(1 AS DECIMAL(5, 7));
--- timestamp-precision
SELECT CAST('x' AS TIMESTAMP(10));
--- case-types
SELECT CASE WHEN TRUE THEN 1 ELSE ARRAY[1] END;
--- array-types
SELECT ARRAY[1, TRUE];
--- sum-of-text
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT SUM(car) FROM trips;
--- union-counts
SELECT 1 UNION ALL SELECT 1, 2;
--- union-types
SELECT 1 UNION ALL SELECT TRUE;
--- values-counts
SELECT * FROM (VALUES (1), (1, 2)) AS t (a);
--- alias-counts
SELECT * FROM (VALUES (1, 2)) AS t (a);
--- insert-counts
CREATE TABLE o (a INT, b STRING) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT 1;
--- insert-types
CREATE TABLE o (a INT, b STRING) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT 'x', TRUE;
--- insert-not-null
CREATE TABLE o (a INT NOT NULL) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT CAST(NULL AS INT);
--- not-grouped
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT car, id, COUNT(*) FROM trips GROUP BY car;
--- aggregate-in-where
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT car FROM trips WHERE COUNT(*) > 1 GROUP BY car;
--- nested-aggregate
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT SUM(COUNT(*)) FROM trips;
--- having-without
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT car FROM trips HAVING car = 'a';
--- row-access
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id.x FROM trips;
--- index-type
SELECT ARRAY[1]['a'];
--- watermark-type
CREATE TABLE t (a STRING, WATERMARK FOR a AS a) WITH ('connector' = 'blackhole');
--- watermark-column
CREATE TABLE t (a INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'blackhole');
--- key-column
CREATE TABLE t (a INT, PRIMARY KEY (b) NOT ENFORCED) WITH ('connector' = 'blackhole');
--- key-enforced
CREATE TABLE t (a INT, PRIMARY KEY (a)) WITH ('connector' = 'blackhole');
--- bare-null
SELECT NULL;
