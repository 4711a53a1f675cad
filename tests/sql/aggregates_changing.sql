-- Aggregates over inputs that change: values go back and forth.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW latest AS SELECT dev, LAST_VALUE(zone) AS zone, LAST_VALUE(hits) AS hits, MAX(temp) AS temp, COUNT(*) AS n FROM s GROUP BY dev;
SELECT zone, COUNT(*) AS devs, SUM(hits) AS h, MIN(hits) AS lo, MAX(hits) AS hi, AVG(n) AS a FROM latest GROUP BY zone;
SELECT zone, MIN(temp) AS lo, MAX(temp) AS hi, COUNT(DISTINCT hits) AS d, SUM(DISTINCT n) AS sd FROM latest GROUP BY zone;
SELECT zone, COLLECT(hits) AS c, STDDEV_POP(CAST(n AS DOUBLE)) AS sp FROM latest GROUP BY zone;
SELECT COUNT(*) AS n, SUM(n) AS total, MAX(hits) AS m FROM latest WHERE hits > 0;
SELECT hits, COUNT(*) AS n FROM latest GROUP BY hits HAVING COUNT(*) >= 1;
SELECT DISTINCT zone FROM latest;
SELECT m, COUNT(*) AS c FROM (SELECT zone, MAX(n) AS m FROM latest GROUP BY zone) GROUP BY m;
SELECT ok, zone, COUNT(*) AS n, SUM(volt) AS v FROM s GROUP BY CUBE (ok, zone);
SELECT dev, COUNT(*) FILTER (WHERE n2 > 3) AS big FROM (SELECT dev, hits, COUNT(*) AS n2 FROM s GROUP BY dev, hits) GROUP BY dev;
SELECT dev FROM s WHERE hits > 50 UNION SELECT dev FROM s WHERE temp > 39;
SELECT dev, n FROM latest WHERE n > 10 UNION ALL SELECT 'all', SUM(n) FROM latest;
