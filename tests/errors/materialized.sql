--- full-refresh
CREATE MATERIALIZED TABLE t REFRESH_MODE = FULL AS SELECT 1 AS a;
--- columns
CREATE MATERIALIZED TABLE t (a INT) AS SELECT 1 AS a;
--- partitions
CREATE MATERIALIZED TABLE t PARTITIONED BY (a) AS SELECT 1 AS a;
--- connector
CREATE MATERIALIZED TABLE t WITH ('connector' = 'filesystem') AS SELECT 1 AS a;
--- unknown-option
CREATE MATERIALIZED TABLE t WITH ('memory.limits' = '1 mb') AS SELECT 1 AS a;
--- key-is-no-column
CREATE MATERIALIZED TABLE t (PRIMARY KEY (b) NOT ENFORCED) AS SELECT 1 AS a;
--- enforced-key
CREATE MATERIALIZED TABLE t (PRIMARY KEY (a)) AS SELECT 1 AS a;
--- no-query
CREATE MATERIALIZED TABLE t FRESHNESS = INTERVAL '1' MINUTE;
--- freshness-is-no-interval
CREATE MATERIALIZED TABLE t FRESHNESS = 5 AS SELECT 1 AS a;
--- exists
CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE OR REPLACE MATERIALIZED TABLE t AS SELECT 1 AS a;
--- exists-already
CREATE MATERIALIZED TABLE t AS SELECT 1 AS a;
CREATE MATERIALIZED TABLE t AS SELECT 2 AS a;
--- insert
CREATE MATERIALIZED TABLE t AS SELECT 1 AS a;
INSERT INTO t SELECT 2;
--- drop-as-a-table
CREATE MATERIALIZED TABLE t AS SELECT 1 AS a;
DROP TABLE t;
--- drop-of-a-table
CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
DROP MATERIALIZED TABLE t;
--- suspend
CREATE MATERIALIZED TABLE t AS SELECT 1 AS a;
ALTER MATERIALIZED TABLE t SUSPEND;
--- connector-view-is-not-for-users
CREATE TABLE t (a INT) WITH ('connector' = 'view');
--- too-large
CREATE TABLE n (a BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '100000', 'rows-per-second' = '10000000', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '100000');
CREATE MATERIALIZED TABLE t WITH ('memory.limit' = '1 mb') AS SELECT a FROM n;
