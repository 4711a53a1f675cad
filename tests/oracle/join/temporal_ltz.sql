CREATE TABLE l (id BIGINT, k STRING, v INT, z TIMESTAMP_LTZ(3), WATERMARK FOR z AS z - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE r (id BIGINT, k STRING, w INT, z TIMESTAMP_LTZ(3), WATERMARK FOR z AS z - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW vp AS SELECT id, k, w, z FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY z DESC) AS rn FROM r) WHERE rn = 1;
SELECT l.id, l.z, vp.id, vp.z FROM l LEFT JOIN vp FOR SYSTEM_TIME AS OF l.z ON l.k = vp.k;
