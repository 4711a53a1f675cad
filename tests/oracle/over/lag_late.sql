CREATE TABLE r (id BIGINT, k STRING, g INT, v INT, d DOUBLE, m DECIMAL(10,2), s STRING, b BOOLEAN, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ('connector'='filesystem','path'='${DATA}/over_late.json','format'='json','scan.watermark.emit.strategy'='on-event');
SELECT id, k, v, LAG(v) OVER w l FROM r WINDOW w AS (PARTITION BY k ORDER BY ts);
