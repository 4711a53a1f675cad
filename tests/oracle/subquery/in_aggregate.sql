CREATE TABLE a (id BIGINT, k STRING, g INT, v INT, ts TIMESTAMP(3)) WITH ('connector'='filesystem','path'='${DATA}/sub_a.json','format'='json');
CREATE TABLE b (k STRING, g INT, x INT, y INT) WITH ('connector'='filesystem','path'='${DATA}/sub_b.json','format'='json');
CREATE TABLE e (k STRING, x INT) WITH ('connector'='filesystem','path'='${DATA}/sub_e.json','format'='json');
SELECT id FROM a WHERE v IN (SELECT MAX(x) FROM b WHERE b.k = a.k);
