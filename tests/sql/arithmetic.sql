-- Arithmetic over columns: types, nulls, overflow, signs.
CREATE TABLE goods (
  sku STRING, price DECIMAL(8, 2), qty INT, tags ARRAY<STRING>, dims ROW<w DOUBLE, h INT>, attrs MAP<STRING, STRING>,
  active BOOLEAN, since DATE, `at` TIME
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/goods.json', 'format' = 'json');
SELECT sku, qty + 1 AS a, qty * 2 AS b, -qty AS c, qty / 2 AS d, qty % 2 AS e, qty + CAST(1 AS BIGINT) AS f FROM goods;
SELECT sku, price * 2 AS a, price / 3 AS b, price + qty AS c, price - 0.005 AS d, price * 1.5E0 AS e FROM goods WHERE price IS NOT NULL;
SELECT sku, ABS(qty) AS a, SIGN(price) AS b, ROUND(price, 1) AS c, FLOOR(price) AS d, CEIL(price) AS e, MOD(qty, 4) AS f, TRUNCATE(price, 1) AS g FROM goods;
SELECT sku, dims.w + dims.h AS a, dims.w / 2 AS b, SQRT(ABS(dims.w)) AS c, POWER(dims.w, 2) AS d FROM goods;
