CREATE TABLE l (id BIGINT, k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json');
CREATE TABLE r (id BIGINT, k STRING, w INT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json');
CREATE TABLE p (id INT, price INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_versions.json', 'format' = 'debezium-json');
CREATE TABLE b (buy INT, id INT, n INT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_buys.json', 'format' = 'json');
CREATE VIEW s AS SELECT v AS k, COUNT(*) AS n, MAX(id) AS m FROM l WHERE v IS NOT NULL GROUP BY v;
CREATE VIEW t AS SELECT w AS k, COUNT(*) AS n, MIN(id) AS m FROM r GROUP BY w;
SET 'table.optimizer.multi-join.enabled' = 'true';
SELECT s.k, COUNT(*), SUM(p.price), COUNT(b.buy) FROM s JOIN p ON p.id = s.k LEFT JOIN b ON b.id = s.k GROUP BY s.k;
