CREATE TABLE l (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE r (id BIGINT, k STRING, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW vp AS SELECT id, k, w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM r) WHERE rn = 1;
CREATE VIEW j AS SELECT l.k, l.ts AS lt, vp.w FROM l JOIN vp FOR SYSTEM_TIME AS OF l.ts ON l.k = vp.k;
SELECT k, window_start, COUNT(*), SUM(w) FROM TABLE(TUMBLE(TABLE j, DESCRIPTOR(lt), INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end;
