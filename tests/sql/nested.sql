-- Arrays, maps and rows: access, constructors, UNNEST.
CREATE TABLE goods (
  sku STRING, price DECIMAL(8, 2), qty INT, tags ARRAY<STRING>, dims ROW<w DOUBLE, h INT>, attrs MAP<STRING, STRING>,
  active BOOLEAN, since DATE, `at` TIME
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/goods.json', 'format' = 'json');
SELECT sku, tags[1] AS a, CARDINALITY(tags) AS b, dims.w AS c, attrs['grade'] AS d, tags FROM goods;
SELECT sku, ARRAY[sku, 'x'] AS a, MAP[sku, qty] AS b, ROW(sku, dims.h) AS c, dims FROM goods;
SELECT sku, ARRAY_CONTAINS(tags, 'red') AS a, ARRAY_DISTINCT(ARRAY[1, 1, 2]) AS b, MAP_KEYS(MAP['a', 1]) AS c FROM goods;
SELECT g.dims.w AS w, g.dims.h AS h FROM goods AS g WHERE g.dims.h > 1;
