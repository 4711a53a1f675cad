CREATE TABLE l (id BIGINT, k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json');
CREATE TABLE r (id BIGINT, k STRING, w INT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json');
CREATE TABLE p (id INT, price INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_versions.json', 'format' = 'debezium-json');
CREATE TABLE b (buy INT, id INT, n INT) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_buys.json', 'format' = 'json');
CREATE VIEW s AS SELECT v AS k, COUNT(*) AS n, MAX(id) AS m FROM l WHERE v IS NOT NULL GROUP BY v;
CREATE VIEW t AS SELECT w AS k, COUNT(*) AS n, MIN(id) AS m FROM r GROUP BY w;
SET 'table.optimizer.multi-join.enabled' = 'true';
SELECT x.id, y.id, z.id, q.id FROM (SELECT * FROM l WHERE id < 12) x JOIN (SELECT * FROM l WHERE id < 12) y ON x.k = y.k JOIN (SELECT * FROM r WHERE id < 12) z ON z.k = x.k JOIN (SELECT * FROM r WHERE id < 9) q ON q.k = z.k AND q.w > x.v;
