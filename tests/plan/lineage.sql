-- EXPLAIN COLUMN_LINEAGE: where columns come from, and how; through everything that a plan is made of.
CREATE TABLE orders (
  id BIGINT, customer STRING, amount DECIMAL(10, 2), status STRING, email STRING, items ARRAY<STRING>, price ROW<net INT, tax INT>, ts TIMESTAMP(3),
  vat AS amount * 0.2, pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen');
CREATE TABLE people (customer STRING, name STRING, region STRING, since TIMESTAMP(3), WATERMARK FOR since AS since, PRIMARY KEY (customer) NOT ENFORCED)
  WITH ('connector' = 'datagen');
CREATE TABLE totals (region STRING, customer STRING, total DECIMAL(38, 2), n BIGINT, w TIMESTAMP(3)) WITH ('connector' = 'blackhole');
CREATE VIEW good AS SELECT * FROM orders WHERE status <> 'bad';

-- A view, a computed column, a window, a join, an aggregate; columns of the sink in another order; COUNT(*) comes from no column.
EXPLAIN COLUMN_LINEAGE INSERT INTO totals (customer, region, total, n, w)
  SELECT o.customer, UPPER(p.region), SUM(CASE WHEN o.status = 'x' THEN o.vat ELSE 0 END), COUNT(*), o.window_start
  FROM TABLE(TUMBLE(TABLE good, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) o JOIN people p ON o.customer = p.customer
  GROUP BY o.customer, p.region, o.window_start, o.window_end;

-- Several sinks, and columns that nothing is written to.
EXPLAIN COLUMN_LINEAGE STATEMENT SET BEGIN
  INSERT INTO totals (customer) SELECT customer FROM orders;
  INSERT INTO totals SELECT region, name, 1, COUNT(*), MAX(since) FROM people GROUP BY region, name;
END;

-- Casts, masks, fields, elements; what only changes the type of whole numbers leaves them what they are.
EXPLAIN COLUMN_LINEAGE SELECT MD5(email) AS m, COUNT(DISTINCT SHA256(email)) AS c, CAST(id AS STRING) AS s, price.net AS net
  FROM orders GROUP BY email, id, price.net;
EXPLAIN COLUMN_LINEAGE SELECT id, customer, item, n FROM orders LEFT JOIN UNNEST(items) WITH ORDINALITY AS t(item, n) ON TRUE WHERE amount > 1;

-- OVER, and what is asked of its result.
EXPLAIN COLUMN_LINEAGE SELECT id, total, before FROM (
  SELECT id, SUM(amount) OVER w AS total, LAG(status) OVER w AS before, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY ts DESC) AS rn
  FROM orders WINDOW w AS (PARTITION BY customer ORDER BY ts)) WHERE rn = 1;

-- Subqueries and set operations.
EXPLAIN COLUMN_LINEAGE
  SELECT id FROM orders WHERE customer IN (SELECT customer FROM people WHERE region = 'x') AND amount > (SELECT MIN(amount) FROM orders)
  UNION SELECT CAST(CHAR_LENGTH(name) AS BIGINT) FROM people;
EXPLAIN COLUMN_LINEAGE SELECT id, amount FROM orders INTERSECT SELECT id, amount FROM orders WHERE status = 'x';
EXPLAIN COLUMN_LINEAGE SELECT customer, status, SUM(amount) FILTER (WHERE id > 5) AS total, GROUPING(status) AS g
  FROM orders GROUP BY GROUPING SETS ((customer), (customer, status));

-- Joins by time; sessions by key; the order of rows.
EXPLAIN COLUMN_LINEAGE SELECT o.id, p.name FROM orders o LEFT JOIN people FOR SYSTEM_TIME AS OF o.ts AS p ON o.customer = p.customer;
EXPLAIN COLUMN_LINEAGE SELECT a.id, b.id FROM orders a JOIN orders b ON a.customer = b.customer AND a.ts BETWEEN b.ts - INTERVAL '1' MINUTE AND b.ts;
EXPLAIN COLUMN_LINEAGE SELECT customer, window_end, COUNT(*) AS n
  FROM TABLE(SESSION(TABLE orders PARTITION BY customer, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY customer, window_start, window_end;
EXPLAIN COLUMN_LINEAGE SELECT id FROM orders ORDER BY amount DESC LIMIT 3;

-- MATCH_RECOGNIZE.
EXPLAIN COLUMN_LINEAGE SELECT * FROM orders MATCH_RECOGNIZE (
  PARTITION BY customer ORDER BY ts MEASURES A.id AS first_id, SUM(B.amount) AS total, LAST(B.status) || 'x' AS st, MATCH_ROWTIME() AS rt
  ONE ROW PER MATCH PATTERN (A B+ C) DEFINE B AS B.amount > A.amount);

-- No source at all; JSON.
EXPLAIN COLUMN_LINEAGE VALUES (1);
EXPLAIN COLUMN_LINEAGE, JSON_EXECUTION_PLAN SELECT MAX(name) AS m, 1 AS x FROM people WHERE region = 'x';
