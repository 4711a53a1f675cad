-- weir only: Flink has materialized tables in its gateway alone. Rows by key or as a bag, read by any SQL.
CREATE TABLE sales (id INT, item STRING, qty INT, price DECIMAL(8, 2), paid BOOLEAN, day_ DATE)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/sales.csv', 'format' = 'csv', 'csv.ignore-parse-errors' = 'true');
CREATE TABLE changes (id INT, v STRING)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/changes.json', 'format' = 'debezium-json');
-- a key with NULLs, changed again and again
CREATE MATERIALIZED TABLE by_item COMMENT 'sums' FRESHNESS = INTERVAL '30' SECOND REFRESH_MODE = CONTINUOUS
AS SELECT item, COUNT(*) AS n, SUM(qty) AS q FROM sales GROUP BY item;
SELECT * FROM by_item;
SELECT * FROM by_item WHERE item = 'tea';
SELECT * FROM by_item WHERE item IN ('tea', 'coffee', 'tea', 'none');
SELECT * FROM by_item WHERE item IS NULL;
SELECT COUNT(*) AS c, SUM(n) AS s FROM by_item;
-- two columns of a key, of which a query names one or both
CREATE MATERIALIZED TABLE by_two AS SELECT item, paid, MAX(price) AS p FROM sales GROUP BY item, paid;
SELECT * FROM by_two WHERE item = 'tea' AND paid;
SELECT * FROM by_two WHERE item = 'tea' AND paid IN (TRUE, FALSE);
SELECT * FROM by_two WHERE item = 'tea';
-- a bag: equal rows are counted
CREATE MATERIALIZED TABLE bag AS SELECT item, paid FROM sales WHERE qty = 2;
SELECT item, paid, COUNT(*) AS n FROM bag GROUP BY item, paid;
SELECT * FROM bag WHERE item = 'tea';
-- what a changelog leaves, with a key that is declared
CREATE MATERIALIZED TABLE kept (PRIMARY KEY (id) NOT ENFORCED) WITH ('memory.limit' = '10 mb') AS SELECT id, v FROM changes;
SELECT * FROM kept;
SELECT * FROM kept WHERE id = CAST(1 AS BIGINT);
SELECT * FROM kept WHERE id = 5000000000;
-- a whole changelog without a key
CREATE MATERIALIZED TABLE values_ AS SELECT v FROM changes;
SELECT v, COUNT(*) AS n FROM values_ GROUP BY v;
-- one row
CREATE MATERIALIZED TABLE single AS SELECT COUNT(*) AS n, SUM(qty) AS q FROM sales;
SELECT * FROM single;
-- materialized tables of materialized tables, joins with themselves, and look-ups of joins
CREATE MATERIALIZED TABLE twice AS SELECT n, COUNT(*) AS c FROM by_item GROUP BY n;
SELECT SUM(c) AS items, SUM(n * c) AS n FROM twice;
SELECT a.item, b.n FROM by_item a JOIN by_item b ON a.item = b.item WHERE a.n > 2;
SELECT COUNT(*) AS n, SUM(b.n) AS s FROM (SELECT id, item, PROCTIME() AS pt FROM sales) AS s
JOIN by_item FOR SYSTEM_TIME AS OF s.pt AS b ON s.item = b.item;
SELECT COUNT(*) AS n, SUM(b.q) AS s FROM (SELECT id, item, CAST(24 AS BIGINT) AS one_, PROCTIME() AS pt FROM sales) AS s
JOIN by_item FOR SYSTEM_TIME AS OF s.pt AS b ON s.one_ = b.n;
-- in place of another one
CREATE OR REPLACE MATERIALIZED TABLE single AS SELECT MIN(id) AS least_ FROM sales;
SELECT * FROM single;
CREATE MATERIALIZED TABLE IF NOT EXISTS single AS SELECT MAX(id) AS most_ FROM sales;
DESCRIBE kept;
SHOW TABLES;
DROP MATERIALIZED TABLE single;
DROP MATERIALIZED TABLE IF EXISTS single;
SHOW TABLES;
SHOW CREATE TABLE by_item;
SHOW CREATE MATERIALIZED TABLE kept;
