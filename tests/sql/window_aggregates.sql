-- All aggregates over windows, with FILTER and DISTINCT, global and by key.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, COUNT(*) AS n, COUNT(temp) AS c, SUM(hits) AS s, AVG(hits) AS a, MIN(temp) AS lo, MAX(volt) AS hi, AVG(volt) AS av, SUM(volt) AS sv FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '15' SECOND)) GROUP BY window_start, window_end;
SELECT dev, window_end, COUNT(DISTINCT hits) AS d, SUM(DISTINCT hits) AS ds, COUNT(DISTINCT zone) FILTER (WHERE ok) AS z, MAX(dev) AS m FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY dev, window_start, window_end;
SELECT zone, window_start, STDDEV_POP(hits) AS a, VAR_SAMP(CAST(hits AS DOUBLE)) AS b, STDDEV_SAMP(volt) AS c, VAR_POP(volt) AS d FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '30' SECOND)) GROUP BY zone, window_start, window_end;
SELECT dev, zone, window_start, FIRST_VALUE(seq) AS f, LAST_VALUE(seq) AS l, FIRST_VALUE(hits) AS fh, LAST_VALUE(temp) AS lt FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY dev, zone, window_start, window_end;
SELECT dev, window_start, LISTAGG(zone) AS z, LISTAGG(CAST(hits AS STRING), '|') AS h, COLLECT(zone) AS c FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY dev, window_start, window_end;
SELECT window_start, SUM(hits) FILTER (WHERE zone = 'n') AS n, SUM(hits) FILTER (WHERE zone = 's' AND ok) AS s, COUNT(*) FILTER (WHERE temp > 10) AS warm FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '40' SECOND)) GROUP BY window_start, window_end;
SELECT ok, window_start, MIN(ts) AS lo, MAX(ts) AS hi, MAX(ok) AS mo, MIN(zone) AS mz FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '2' MINUTE)) GROUP BY ok, window_start, window_end;
SELECT dev, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) WHERE zone = 'n' AND hits > 0 GROUP BY dev, window_start, window_end HAVING COUNT(*) > 1;
SELECT window_start, hits > 2 AS big, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, hits > 2;
SELECT DISTINCT window_start, dev FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '30' SECOND)) GROUP BY window_start, window_end, dev;
