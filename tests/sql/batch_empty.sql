-- Batch mode (Flink: --batch): a global aggregate has a result without rows too.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json');
SELECT COUNT(*) AS n, SUM(hits) AS h, MAX(temp) AS m FROM s WHERE seq < 0;
SELECT COUNT(*) AS n FROM s WHERE seq < 0 HAVING COUNT(*) = 0;
SELECT dev, COUNT(*) AS n FROM s WHERE seq < 0 GROUP BY dev;
SELECT dev, COUNT(*) AS n FROM s WHERE seq < 0 GROUP BY GROUPING SETS ((dev), ());
SELECT seq, (SELECT COUNT(*) FROM s WHERE seq < 0) AS n FROM s WHERE seq < 3;
SELECT seq FROM s WHERE seq < 3 AND EXISTS (SELECT COUNT(*) FROM s WHERE seq < 0);
SELECT seq FROM s WHERE seq < 3 AND NOT EXISTS (SELECT * FROM s WHERE seq < 0);
SELECT seq FROM s WHERE seq < 3 AND seq NOT IN (SELECT seq FROM s WHERE seq < 0);
SELECT seq FROM s WHERE seq IN (SELECT COUNT(*) FROM s WHERE seq < 0);
SELECT seq FROM s WHERE seq < (SELECT COUNT(*) + 2 FROM s WHERE seq < 0);
SELECT seq FROM s WHERE seq < 2 AND hits > (SELECT MAX(hits) FROM s WHERE seq < 0);
SELECT COUNT(DISTINCT dev) AS d, LISTAGG(dev) AS l, AVG(hits) AS a FROM s WHERE seq < 0;
