-- Three-valued logic, comparisons, IN, BETWEEN, DISTINCT FROM.
CREATE TABLE goods (
  sku STRING, price DECIMAL(8, 2), qty INT, tags ARRAY<STRING>, dims ROW<w DOUBLE, h INT>, attrs MAP<STRING, STRING>,
  active BOOLEAN, since DATE, `at` TIME
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/goods.json', 'format' = 'json');
SELECT sku, active AND qty > 0 AS a, active OR qty > 0 AS b, NOT active AS c, active IS UNKNOWN AS d, active IS NOT TRUE AS e FROM goods;
SELECT sku FROM goods WHERE qty BETWEEN -10 AND 3;
SELECT sku FROM goods WHERE qty NOT BETWEEN SYMMETRIC 5 AND -10;
SELECT sku, qty IN (3, 0, NULL) AS a, qty NOT IN (3, 0) AS b, sku IN ('p1', 'p4') AS c FROM goods;
SELECT sku, qty IS DISTINCT FROM 3 AS a, qty IS NOT DISTINCT FROM CAST(NULL AS INT) AS b, price <> 0.99 AS c, sku >= 'p2' AS d FROM goods;
SELECT sku FROM goods WHERE active;
SELECT sku FROM goods WHERE NOT (qty > 0);
SELECT sku, CASE WHEN qty > 0 THEN 'in' WHEN qty = 0 THEN 'out' WHEN qty < 0 THEN 'owed' ELSE '?' END AS a, CASE sku WHEN 'p1' THEN 1 WHEN 'p2' THEN 2 END AS b, COALESCE(price, 0) AS c, NULLIF(qty, 0) AS d, IF(active, 'y', 'n') AS e FROM goods;
