CREATE TABLE l (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE r (id BIGINT, k STRING, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW lw AS SELECT k, window_time AS wt, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end, window_time;
CREATE VIEW rw AS SELECT k, window_time AS wt, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end, window_time;
SELECT lw.k, lw.wt, lw.n, rw.wt, rw.n FROM lw JOIN rw ON lw.k = rw.k AND lw.wt BETWEEN rw.wt - INTERVAL '20' SECOND AND rw.wt;
