--- not-there
ALTER VIEW v RENAME TO w;
--- table
CREATE TABLE t (a INT) WITH ('connector' = 'datagen');
ALTER VIEW t AS SELECT 1 AS a;
--- materialized
CREATE MATERIALIZED TABLE m AS SELECT 1 AS a;
ALTER VIEW m RENAME TO n;
--- temporary
CREATE TEMPORARY VIEW v AS SELECT 1 AS a;
ALTER VIEW v AS SELECT 2 AS a;
--- taken
CREATE TABLE t (a INT) WITH ('connector' = 'datagen');
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v RENAME TO t;
--- query
CREATE TABLE t (a INT) WITH ('connector' = 'datagen');
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v AS SELECT nope FROM t;
--- itself
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v AS SELECT a FROM v;
--- circle
CREATE VIEW v AS SELECT 1 AS a;
CREATE VIEW w AS SELECT a FROM v;
ALTER VIEW v AS SELECT a + 1 AS a FROM w;
--- left-behind
CREATE VIEW v AS SELECT 1 AS a;
CREATE VIEW w AS SELECT a FROM v;
ALTER VIEW v RENAME TO x;
SELECT * FROM w;
--- other-database
CREATE DATABASE d;
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v RENAME TO d.v;
--- table-to-other-database
CREATE DATABASE d;
CREATE TABLE t (a INT) WITH ('connector' = 'datagen');
ALTER TABLE t RENAME TO d.t;
--- what
ALTER VIEW v SET ('k' = 'v');
--- database-not-there
ALTER DATABASE nope SET ('k' = 'v');
--- database-what
ALTER DATABASE default_database RESET ('k');
--- database-catalog
ALTER DATABASE nocat.d SET ('k' = 'v');
