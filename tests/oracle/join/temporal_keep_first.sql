CREATE TABLE l (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE r (id BIGINT, k STRING, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW vp AS SELECT id, k, w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts ASC) AS rn FROM r) WHERE rn = 1;
SELECT l.id, l.k, vp.id, vp.ts FROM l LEFT JOIN vp FOR SYSTEM_TIME AS OF l.ts ON l.k = vp.k;
