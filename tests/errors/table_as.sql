--- query
CREATE TABLE u (id INT NOT NULL, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE t WITH ('connector' = 'blackhole') AS SELECT nope FROM u;
--- taken
CREATE TABLE u (id INT NOT NULL, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE u WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- taken-by-view
CREATE VIEW v AS SELECT 1 AS a;
CREATE TABLE IF NOT EXISTS v WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- there-and-not-the-same
CREATE TABLE t (a INT, b INT) WITH ('connector' = 'blackhole');
CREATE TABLE IF NOT EXISTS t WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- no-connector
CREATE TABLE t AS SELECT 1 AS a;
--- options
CREATE TABLE t WITH ('connector' = 'blackhole', 'colour' = 'blue') AS SELECT 1 AS a;
--- source-only
CREATE TABLE t WITH ('connector' = 'datagen') AS SELECT 1 AS a;
--- type
CREATE TABLE t (a BOOLEAN) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- no-type
CREATE TABLE t WITH ('connector' = 'blackhole') AS SELECT INTERVAL '1' DAY AS i;
--- null
CREATE TABLE t WITH ('connector' = 'blackhole') AS SELECT NULL AS n;
--- not-null
CREATE TABLE t (x INT NOT NULL) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- key-null
CREATE TABLE u (id INT NOT NULL, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE t (PRIMARY KEY (name) NOT ENFORCED) WITH ('connector' = 'blackhole') AS SELECT id, name FROM u;
--- column-null
CREATE TABLE u (id INT NOT NULL, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE t (name STRING NOT NULL) WITH ('connector' = 'blackhole') AS SELECT id, name FROM u;
--- key-unknown
CREATE TABLE t (PRIMARY KEY (z) NOT ENFORCED) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- computed-there
CREATE TABLE t (a AS 1 + 1) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- virtual-there
CREATE TABLE t (a INT METADATA VIRTUAL) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- declared-twice
CREATE TABLE t (a BIGINT, a INT) WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- names-unknown
CREATE TABLE t (a, c) WITH ('connector' = 'blackhole') AS SELECT 1 AS a, 2 AS b;
--- names-few
CREATE TABLE t (a) WITH ('connector' = 'blackhole') AS SELECT 1 AS a, 2 AS b;
--- names-twice
CREATE TABLE t (a, a) WITH ('connector' = 'blackhole') AS SELECT 1 AS a, 2 AS b;
--- names-and-types
CREATE TABLE t (a, b INT) WITH ('connector' = 'blackhole') AS SELECT 1 AS a, 2 AS b;
--- changes
CREATE TABLE u (id INT NOT NULL, name STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE t WITH ('connector' = 'filesystem', 'path' = '${OUT}/t', 'format' = 'csv') AS SELECT name, COUNT(*) AS n FROM u GROUP BY name;
--- replace
CREATE OR REPLACE TABLE t WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- temporary
CREATE TEMPORARY TABLE t WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- in-a-set
EXECUTE STATEMENT SET BEGIN CREATE TABLE t WITH ('connector' = 'blackhole') AS SELECT 1 AS a; END;
--- explain-taken
CREATE VIEW t AS SELECT 1 AS a;
EXPLAIN CREATE TABLE t WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
--- no-database
CREATE TABLE nowhere.t WITH ('connector' = 'blackhole') AS SELECT 1 AS a;
