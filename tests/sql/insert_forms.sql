-- weir only: INSERT with a column list, VALUES, casts to the table's types, PARTITION, several statements.
CREATE TABLE t (a INT, b STRING, c DECIMAL(5, 1), d TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '${OUT}/t', 'format' = 'json');
INSERT INTO t VALUES (1, 'x', 1.25, TIMESTAMP '2024-01-01 00:00:00'), (2, CAST(NULL AS STRING), 9.99, CAST(NULL AS TIMESTAMP(3)));
INSERT INTO t (b, a) SELECT 'only', 3;
SELECT * FROM t;
CREATE TABLE p (a INT, `day` STRING, n INT) PARTITIONED BY (`day`) WITH ('connector' = 'filesystem', 'path' = '${OUT}/p', 'format' = 'csv');
INSERT INTO p VALUES (1, 'mon', 10), (2, 'tue', 20);
INSERT INTO p PARTITION (`day` = 'wed') SELECT 3, 30;
SELECT * FROM p;
SELECT n FROM p WHERE `day` = 'tue';
INSERT OVERWRITE p PARTITION (`day` = 'mon') SELECT 9, 90;
SELECT * FROM p;
