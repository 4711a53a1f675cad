--- unknown
CREATE DATABASE shop;
USE shopp;
--- unknown-alone
USE nope;
--- unknown-catalog
USE CATALOG nope;
--- unknown-catalog-of-a-database
USE nope.shop;
--- three-parts
USE a.b.c;
--- current
CREATE DATABASE shop;
USE shop;
DROP DATABASE shop;
--- not-empty
CREATE DATABASE shop;
CREATE VIEW shop.v AS SELECT 1 AS a;
DROP DATABASE shop RESTRICT;
--- the-default-one
CREATE DATABASE shop;
USE shop;
DROP DATABASE default_database;
--- twice
CREATE DATABASE shop;
CREATE DATABASE shop;
--- dropped
CREATE DATABASE shop;
DROP DATABASE shop;
DROP DATABASE shop;
--- of-another-catalog
CREATE DATABASE c.shop;
--- table-of-none
CREATE TABLE shop.t (a INT) WITH ('connector' = 'print');
--- table-of-another
CREATE DATABASE shop;
CREATE VIEW v AS SELECT 1 AS a;
USE shop;
SELECT * FROM v;
--- dropped-with-its-tables
CREATE DATABASE shop;
CREATE VIEW shop.v AS SELECT 1 AS a;
DROP DATABASE shop CASCADE;
CREATE DATABASE shop;
SELECT * FROM shop.v;
--- table-exists
CREATE DATABASE shop;
CREATE VIEW shop.v AS SELECT 1 AS a;
USE shop;
CREATE VIEW v AS SELECT 2 AS a;
--- modules
USE MODULES core;
