-- weir only: rows that replace each other by PRIMARY KEY, as changelog-json gives them without -U; filters, time, repetitions.
CREATE TABLE t (id INT, name STRING, n INT, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at`, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/upserts', 'format' = 'changelog-json', 'changelog-json.mode' = 'upsert');
SELECT id, name, n FROM t;
SELECT id, name FROM t WHERE n < 20;
SELECT id, name FROM t WHERE id <> 3 AND n > 1;
SELECT name FROM t WHERE id = 2;
SELECT name, COUNT(*) AS c, SUM(n) AS s FROM t GROUP BY name;
SELECT a.id, b.id AS other FROM t AS a JOIN t AS b ON a.name = b.name AND a.id < b.id;
SELECT id, name, n FROM (SELECT id, name, n, ROW_NUMBER() OVER (PARTITION BY name ORDER BY n DESC) AS rn FROM t) WHERE rn = 1;
SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(`at`), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
-- Without a clean changelog a repeated insertion would count twice.
SET 'table.exec.source.cdc-events-duplicate' = 'true';
CREATE TABLE r (id INT, name STRING, n INT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/repeats', 'format' = 'changelog-json');
SELECT id, name, n FROM r;
SELECT COUNT(*) AS c, SUM(n) AS s FROM r;
