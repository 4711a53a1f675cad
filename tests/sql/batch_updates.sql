-- Batch mode (Flink: --batch): what updates in streaming comes as final rows.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json');
SELECT seq FROM s WHERE dev IS NOT NULL AND seq NOT IN (SELECT hits FROM s WHERE hits IS NOT NULL);
SELECT a.seq, b.seq AS x FROM s a LEFT JOIN s b ON a.seq = b.hits AND b.zone = 'n';
SELECT a.seq, b.seq AS x FROM s a FULL JOIN (SELECT * FROM s WHERE hits > 50) b ON a.seq = b.hits;
SELECT a.seq, b.seq AS x FROM (SELECT * FROM s WHERE seq < 20) a RIGHT JOIN (SELECT * FROM s WHERE seq < 10) b ON a.seq = b.hits;
SELECT a.dev, COUNT(b.seq) AS n, MAX(b.hits) AS m FROM s a LEFT JOIN s b ON a.seq = b.hits GROUP BY a.dev;
SELECT a.seq, b.seq AS x, c.seq AS y FROM s a LEFT JOIN (SELECT * FROM s WHERE zone = 'n') b ON a.seq = b.hits LEFT JOIN s c ON b.hits = c.seq AND c.zone = 's' WHERE a.seq < 50;
SELECT hits FROM s WHERE zone = 'n' EXCEPT SELECT hits FROM s WHERE zone = 's';
SELECT n, COUNT(*) AS c FROM (SELECT dev, hits, COUNT(*) AS n FROM s GROUP BY dev, hits) GROUP BY n;
SELECT dev, seq, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY dev ORDER BY hits DESC, seq) AS rn FROM s) WHERE rn <= 3;
SELECT dev FROM s UNION SELECT zone FROM s;
SELECT DISTINCT dev, zone FROM s ORDER BY zone, dev;
SELECT CASE WHEN MIN(t) = MAX(t) THEN 'same' ELSE 'differs' END AS w FROM (SELECT CURRENT_TIMESTAMP AS t FROM s);
