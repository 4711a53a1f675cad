CREATE TABLE a (id BIGINT, k STRING, g INT, v INT, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/sub_a.json','format'='json');
CREATE TABLE b (k STRING, g INT, x INT, y INT) WITH ('connector'='filesystem','path'='${DATA}/sub_b.json','format'='json');
CREATE TABLE e (k STRING, x INT) WITH ('connector'='filesystem','path'='${DATA}/sub_e.json','format'='json');
SELECT id, (SELECT SUM(x) + 1 FROM b WHERE b.k = a.k AND y > 2) r FROM a;
