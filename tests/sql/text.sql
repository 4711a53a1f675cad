-- Texts: LIKE, SIMILAR TO, positions, cutting, joining.
CREATE TABLE goods (
  sku STRING, price DECIMAL(8, 2), qty INT, tags ARRAY<STRING>, dims ROW<w DOUBLE, h INT>, attrs MAP<STRING, STRING>,
  active BOOLEAN, since DATE, `at` TIME
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/goods.json', 'format' = 'json');
SELECT sku FROM goods WHERE sku LIKE 'p%';
SELECT sku FROM goods WHERE sku LIKE '_5%' OR sku LIKE '%!_%' ESCAPE '!';
SELECT sku, sku SIMILAR TO 'p[12]' AS a, sku NOT LIKE '%2' AS b, REGEXP(sku, '^[A-Z]') AS c FROM goods;
SELECT UPPER(sku) AS a, LOWER(sku) AS b, CHAR_LENGTH(sku) AS c, SUBSTRING(sku FROM 2) AS d, SUBSTRING(sku, 1, 1) AS e, sku || '/' || CAST(qty AS STRING) AS f FROM goods;
SELECT TRIM(BOTH 'p' FROM sku) AS a, LPAD(sku, 5, '*') AS b, RPAD(sku, 4, '.') AS c, REPLACE(sku, 'p', 'q') AS d, POSITION('5' IN sku) AS e, OVERLAY(sku PLACING 'ZZ' FROM 1 FOR 1) AS f, REVERSE(sku) AS g, INITCAP(sku) AS h FROM goods;
SELECT CONCAT(sku, CAST(NULL AS STRING)) AS a, CONCAT_WS('-', sku, CAST(NULL AS STRING), 'x') AS b, SPLIT_INDEX('a,b,c', ',', 1) AS c, REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2) AS d, ASCII(sku) AS e FROM goods WHERE qty = 3;
