-- Sinks that show whole epochs: the net change by upsert key, by all columns where there is none, none over inserts alone.
CREATE TABLE a (id INT, k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5');
CREATE TABLE p (k INT, n BIGINT) WITH ('connector' = 'print', 'sink.consistency' = 'epoch');
CREATE TABLE q (k INT, n INT) WITH ('connector' = 'print', 'sink.consistency' = 'epoch');
CREATE TABLE u (k INT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/u.json', 'format' = 'json', 'sink.consistency' = 'epoch');
EXPLAIN INSERT INTO p SELECT k, COUNT(*) FROM a GROUP BY k;
EXPLAIN INSERT INTO q SELECT a.k, b.id FROM a LEFT JOIN a b ON a.id = b.k;
EXPLAIN INSERT INTO q SELECT k, id FROM a WHERE k > 1;
EXPLAIN INSERT INTO u SELECT k, COUNT(*) FROM a GROUP BY k;
