CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_buys.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_versions.json', 'format' = 'debezium-json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE l (id BIGINT, k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_left.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE r (id BIGINT, k STRING, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/join_right.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW lw AS SELECT v, window_time AS wt, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY v, window_start, window_end, window_time;
CREATE VIEW lv AS SELECT v, n, wt FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY wt DESC) AS rn FROM lw) WHERE rn = 1;
SELECT b.buy, b.ts, lv.n, lv.wt FROM buys b LEFT JOIN lv FOR SYSTEM_TIME AS OF b.ts ON b.id = lv.v;
