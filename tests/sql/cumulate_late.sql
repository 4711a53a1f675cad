-- CUMULATE with rows late for some of their windows, in every order; and steps in which nothing comes.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT dev, window_start, window_end, COUNT(*) AS n, SUM(hits) AS h, MIN(seq) AS lo, MAX(seq) AS hi FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '20' SECOND)) GROUP BY dev, window_start, window_end;
SELECT window_start, window_end, COUNT(DISTINCT zone) AS z, AVG(volt) AS v, COUNT(*) AS n FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT zone, window_end, LISTAGG(CAST(seq AS STRING)) AS l FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '30' SECOND)) GROUP BY zone, window_start, window_end;
SELECT dev, window_end, COUNT(*) AS n FROM TABLE(CUMULATE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '10' MINUTE)) WHERE dev = 'd4' GROUP BY dev, window_start, window_end;
