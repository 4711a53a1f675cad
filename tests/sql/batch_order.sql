-- Batch mode, weir only compares the order too (Flink: --batch): ORDER BY any keys.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json');
SELECT seq, dev, hits FROM s ORDER BY hits DESC, seq LIMIT 7 OFFSET 3;
SELECT seq, temp FROM s ORDER BY temp NULLS LAST, seq DESC LIMIT 5;
SELECT seq, temp FROM s ORDER BY MOD(seq, 7), temp * 2 DESC, seq LIMIT 50;
SELECT seq, dev, zone, ok FROM s ORDER BY dev, zone DESC, ok, seq DESC LIMIT 60;
SELECT dev, n FROM (SELECT dev, COUNT(*) AS n FROM s GROUP BY dev) ORDER BY n DESC, dev;
SELECT seq, ts FROM s ORDER BY ts DESC, seq LIMIT 30;
SELECT seq, volt, -volt AS w FROM s ORDER BY volt DESC NULLS LAST, seq LIMIT 30 OFFSET 200;
SELECT zone, ok, dev, seq FROM s ORDER BY zone NULLS LAST, ok DESC, dev NULLS LAST, seq DESC;
SELECT seq FROM s WHERE seq < 5 UNION ALL SELECT seq + 100 FROM s WHERE seq < 5 ORDER BY seq DESC;
SELECT seq FROM s ORDER BY seq LIMIT 0;
