-- CAST and TRY_CAST over columns.
CREATE TABLE goods (
  sku STRING, price DECIMAL(8, 2), qty INT, tags ARRAY<STRING>, dims ROW<w DOUBLE, h INT>, attrs MAP<STRING, STRING>,
  active BOOLEAN, since DATE, `at` TIME
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/goods.json', 'format' = 'json');
SELECT sku, CAST(qty AS STRING) AS a, CAST(price AS INT) AS b, CAST(qty AS SMALLINT) AS c, CAST(price AS DOUBLE) AS d, CAST(price AS DECIMAL(10, 1)) AS e, CAST(active AS INT) AS f, CAST(qty AS BOOLEAN) AS g FROM goods;
SELECT sku, TRY_CAST(sku AS INT) AS a, TRY_CAST('2024-13-01' AS DATE) AS b, CAST(since AS STRING) AS c, CAST(`at` AS STRING) AS d, CAST(tags AS STRING) AS e, CAST(dims AS STRING) AS f, CAST(MAP[sku, qty] AS STRING) AS g FROM goods;
SELECT CAST('  42 ' AS INT) AS a, CAST('1.9' AS INT) AS b, CAST('true' AS BOOLEAN) AS c, CAST('2024-01-02 03:04:05.678' AS TIMESTAMP(2)) AS d, CAST(x'68690a' AS STRING) AS e, CAST('abc' AS CHAR(2)) AS f, CAST('ab' AS BINARY(3)) AS g;
