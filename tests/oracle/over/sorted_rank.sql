CREATE TABLE r (id BIGINT, k STRING, g INT, v INT, d DOUBLE, m DECIMAL(10,2), s STRING, b BOOLEAN, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND) WITH ('connector'='filesystem','path'='${DATA}/over_late.json','format'='json','scan.watermark.emit.strategy'='on-event');
SELECT id, v, g, RANK() OVER (PARTITION BY k ORDER BY v) x FROM r WHERE id < 60;
