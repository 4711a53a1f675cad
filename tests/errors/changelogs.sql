--- sink-takes-no-updates-of-a-join
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, z INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o
SELECT a.x, b.y
FROM a LEFT JOIN a AS b
ON a.x = b.y;
--- sink-takes-no-changelog
CREATE TABLE c (x INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/c.json', 'format' = 'changelog-json');
CREATE TABLE o (x INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'csv');
INSERT INTO c VALUES (1);
INSERT INTO o SELECT x FROM c WHERE x > 1;
--- partitions-keep-no-keys
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, n BIGINT, PRIMARY KEY (x) NOT ENFORCED) PARTITIONED BY (x)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/o', 'format' = 'json');
INSERT INTO o SELECT x, COUNT(*) FROM a GROUP BY x;
--- last-row-of-a-top-n
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, y INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o SELECT x, y FROM (SELECT x, y, ROW_NUMBER() OVER (PARTITION BY x ORDER BY y) AS rn FROM a) WHERE rn <= 3;
--- upserts-need-a-key
CREATE TABLE c (x INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/c.json', 'format' = 'changelog-json', 'changelog-json.mode' = 'upsert');
INSERT INTO c VALUES (1);
SELECT x FROM c;
--- repeats-need-a-key
CREATE TABLE o (x INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/c.json', 'format' = 'debezium-json');
INSERT INTO o VALUES (1);
SET 'table.exec.source.cdc-events-duplicate' = 'true';
SELECT x FROM o;
--- conflict-needs-an-upsert-sink
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, y INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o SELECT x, y FROM a ON CONFLICT DO NOTHING;
--- conflict-at-a-sink-of-all-changes
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, y INT, PRIMARY KEY (x) NOT ENFORCED) WITH ('connector' = 'print');
INSERT INTO o SELECT x, y FROM a ON CONFLICT DO DEDUPLICATE;
--- conflict-needs-watermarks
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, y INT, PRIMARY KEY (x) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o SELECT x, y FROM a ON CONFLICT DO ERROR;
--- conflict-without-the-operator
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, y INT, PRIMARY KEY (x) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
SET 'table.exec.sink.upsert-materialize' = 'NONE';
INSERT INTO o SELECT x, y FROM a ON CONFLICT DO DEDUPLICATE;
--- conflict-must-be-said
CREATE TABLE a (x INT, y INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');
CREATE TABLE o (x INT, y INT, PRIMARY KEY (x) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
SET 'table.exec.sink.require-on-conflict' = 'true';
INSERT INTO o SELECT MAX(x), y FROM a GROUP BY y;
--- conflict-happens
CREATE TABLE p (id INT, place STRING, who STRING, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at`)
  WITH ('connector' = 'filesystem', 'path' = '../sql/data/rows/places', 'format' = 'json');
CREATE TABLE o (place STRING, who STRING, PRIMARY KEY (place) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o SELECT place, who FROM p ON CONFLICT DO ERROR;
--- value-too-long-for-a-sink
SET 'table.exec.sink.type-length-enforcer' = 'ERROR';
CREATE TABLE s (a VARCHAR(3), n INT) WITH ('connector' = 'filesystem', 'path' = '../sql/data/rows/lengths', 'format' = 'json');
CREATE TABLE o (a VARCHAR(3), n INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/o.json', 'format' = 'json');
INSERT INTO o SELECT a, n FROM s;
--- explain-without-costs
EXPLAIN ESTIMATED_COST, CHANGELOG_MODE SELECT 1;
--- explain-without-advice
EXPLAIN PLAN_ADVICE SELECT 1;
--- explain-lineage-is-no-plan
EXPLAIN COLUMN_LINEAGE, CHANGELOG_MODE SELECT 1;
