-- Dates and times: arithmetic, parts, rounding, printing.
CREATE TABLE goods (
  sku STRING, price DECIMAL(8, 2), qty INT, tags ARRAY<STRING>, dims ROW<w DOUBLE, h INT>, attrs MAP<STRING, STRING>,
  active BOOLEAN, since DATE, `at` TIME
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/goods.json', 'format' = 'json');
SELECT sku, since + INTERVAL '1' DAY AS a, since - INTERVAL '1' MONTH AS b, EXTRACT(YEAR FROM since) AS c, EXTRACT(DOW FROM since) AS d, QUARTER(since) AS e, DAYOFYEAR(since) AS f FROM goods;
SELECT sku, CAST(since AS TIMESTAMP(3)) AS a, FLOOR(CAST(since AS TIMESTAMP(3)) TO MONTH) AS b, CEIL(CAST(since AS TIMESTAMP(3)) TO YEAR) AS c, DATE_FORMAT(CAST(since AS TIMESTAMP(3)), 'yyyy/MM/dd HH') AS d FROM goods;
SELECT sku, `at`, EXTRACT(HOUR FROM `at`) AS a, `at` + INTERVAL '1' HOUR AS b FROM goods;
SELECT TIMESTAMPDIFF(DAY, TIMESTAMP '2024-01-31 00:00:00', CAST(since AS TIMESTAMP(3))) AS a, TIMESTAMPADD(MONTH, 1, since) AS b, since > DATE '2000-01-01' AS c FROM goods;
SELECT TO_TIMESTAMP('2024-05-01 01:02:03') AS a, TO_DATE('2024-05-01') AS b, UNIX_TIMESTAMP('2024-05-01 00:00:00') AS c, TO_TIMESTAMP_LTZ(1000, 3) AS d;
