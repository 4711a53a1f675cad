-- HOP, CUMULATE and SESSION over the same rows: keys, distinct, sets, filters.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, window_end, COUNT(*) AS n, SUM(hits) AS s, MIN(temp) AS lo FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '40' SECOND)) GROUP BY window_start, window_end;
SELECT dev, window_start, COUNT(DISTINCT hits) AS d, AVG(volt) AS a, MAX(temp) AS hi FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY dev, window_start, window_end;
SELECT zone, window_start, LISTAGG(dev) AS l, MIN(seq) AS v FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '30' SECOND)) GROUP BY zone, window_start, window_end;
SELECT dev, window_start, window_end, COUNT(*) AS n, SUM(volt) AS v FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)) GROUP BY dev, window_start, window_end;
SELECT window_start, window_end, COUNT(DISTINCT dev) AS d, MAX(hits) AS m FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND, INTERVAL '2' MINUTE)) GROUP BY window_start, window_end;
SELECT dev, window_start, window_end, COUNT(*) AS n, SUM(hits) AS h, MIN(seq) AS lo FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '6' SECOND)) GROUP BY dev, window_start, window_end;
SELECT dev, zone, window_start, window_end, COUNT(*) AS n, COUNT(DISTINCT hits) AS d FROM TABLE(SESSION(TABLE s PARTITION BY (dev, zone), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY dev, zone, window_start, window_end;
SELECT window_start, window_end, COUNT(*) AS n, AVG(temp) AS a FROM TABLE(SESSION(TABLE s, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, window_end, zone, ok, COUNT(*) AS n FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) GROUP BY GROUPING SETS ((window_start, window_end, zone), (window_start, window_end, ok), (window_start, window_end));
SELECT window_start, window_end, zone, ok, GROUPING(zone) AS g, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '2' MINUTE)) GROUP BY window_start, window_end, ROLLUP (zone, ok);
SELECT window_start, window_end, zone, ok, SUM(hits) AS n FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) GROUP BY window_start, window_end, CUBE (zone, ok);
SELECT seq, window_start, window_time FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) WHERE seq < 6;
