CREATE TABLE a (id BIGINT, k STRING, g INT, v INT, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/sub_a.json','format'='json');
CREATE TABLE b (k STRING, g INT, x INT, y INT) WITH ('connector'='filesystem','path'='${DATA}/sub_b.json','format'='json');
CREATE TABLE e (k STRING, x INT) WITH ('connector'='filesystem','path'='${DATA}/sub_e.json','format'='json');
SELECT a.id, t.u, e.x FROM a CROSS JOIN LATERAL (SELECT x * 2 AS u FROM b WHERE b.k = a.k) AS t JOIN e ON e.k = a.k;
