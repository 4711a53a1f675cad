CREATE TABLE d (id BIGINT, k STRING, g INT, v INT, d DOUBLE, m DECIMAL(10,2), s STRING, b BOOLEAN, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='filesystem','path'='${DATA}/over_peers.json','format'='json','scan.watermark.emit.strategy'='on-event');
SELECT id, k, v, LAG(v, g) OVER w l FROM d WINDOW w AS (PARTITION BY k ORDER BY ts);
