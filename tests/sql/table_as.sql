-- CREATE TABLE ... AS, weir only (a later statement reads what it wrote): which columns, in which order, and the rows
CREATE TABLE u (id INT NOT NULL, name STRING, age INT NOT NULL, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '${OUT}/u.json', 'format' = 'json');
INSERT INTO u VALUES (1, 'a', 21, TIMESTAMP '2024-01-01 00:00:01'), (2, 'b', 22, TIMESTAMP '2024-01-01 00:00:03'), (3, CAST(NULL AS STRING), 23, TIMESTAMP '2024-01-01 00:00:02');
CREATE TABLE plain WITH ('connector' = 'filesystem', 'path' = '${OUT}/plain.json', 'format' = 'json') AS SELECT id, name, age + 1 FROM u WHERE id > 1;
DESCRIBE plain;
SELECT * FROM plain;
CREATE TABLE merged (extra STRING, twice AS age * 2, age BIGINT COMMENT 'years', WATERMARK FOR ts AS ts - INTERVAL '1' SECOND, PRIMARY KEY (id) NOT ENFORCED)
COMMENT 'of u' PARTITIONED BY (name) WITH ('connector' = 'filesystem', 'path' = '${OUT}/merged', 'format' = 'json') AS SELECT id, name, age, ts FROM u WHERE name IS NOT NULL;
DESCRIBE merged;
SELECT * FROM merged;
CREATE TABLE turned (age, name, id) WITH ('connector' = 'filesystem', 'path' = '${OUT}/turned.json', 'format' = 'json') AS (SELECT id, name, age FROM u);
SELECT * FROM turned;
CREATE TABLE IF NOT EXISTS plain WITH ('connector' = 'blackhole') AS SELECT 9, 'by position', 10;
SELECT COUNT(*) AS n, MAX(name) AS last FROM plain;
CREATE TABLE changing (PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole') AS
WITH w AS (SELECT age / 10 AS k FROM u) SELECT k, COUNT(*) AS n FROM w GROUP BY k;
DESCRIBE changing;
CREATE TABLE constants WITH ('connector' = 'filesystem', 'path' = '${OUT}/c.json', 'format' = 'json') AS VALUES (1, 'x'), (2, 'y');
SELECT * FROM constants;
CREATE DATABASE other;
USE other;
CREATE TABLE here WITH ('connector' = 'filesystem', 'path' = '${OUT}/here.json', 'format' = 'json') AS SELECT id AS a, id AS a FROM default_database.u;
SELECT * FROM default_catalog.other.here;
EXPLAIN CREATE TABLE explained (b STRING) WITH ('connector' = 'blackhole') AS SELECT a FROM here;
EXPLAIN COLUMN_LINEAGE CREATE TABLE explained (b STRING) WITH ('connector' = 'blackhole') AS SELECT a FROM here;
SHOW TABLES;
