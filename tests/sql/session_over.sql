-- SESSION: rows of filtered sessions, aggregates by other keys than the partition, Top-N and joins within sessions.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT seq, dev, temp, window_start, window_end, window_time FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) WHERE hits > 3;
SELECT dev, zone, seq, window_start, window_end FROM TABLE(SESSION(TABLE s PARTITION BY (dev, zone), DESCRIPTOR(ts), INTERVAL '8' SECOND));
SELECT dev, zone, window_start, window_end, window_time, COUNT(*) AS n, SUM(hits) AS h FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY dev, zone, window_start, window_end, window_time;
SELECT window_start, window_end, COUNT(*) AS n, SUM(hits) AS h FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
SELECT zone, window_start, window_end, COUNT(*) AS n, MAX(seq) AS m FROM TABLE(SESSION(TABLE s, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY zone, window_start, window_end;
SELECT dev, window_start, window_end, COUNT(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) WHERE hits > 3 GROUP BY dev, window_start, window_end;
SELECT zone, dev, window_start, window_end, COUNT(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY (dev, zone), DESCRIPTOR(ts), INTERVAL '8' SECOND)) GROUP BY zone, dev, window_start, window_end;
SELECT zone, COUNT(*) AS n FROM (SELECT zone, window_start FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND))) GROUP BY zone;
SELECT dev, seq, rn, window_start, window_end FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY dev, window_start, window_end ORDER BY hits DESC, seq) AS rn FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND))) WHERE rn <= 2;
SELECT zone, seq, rn, window_start, window_end FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, zone ORDER BY volt DESC, seq) AS rn FROM TABLE(SESSION(TABLE s PARTITION BY zone, DESCRIPTOR(ts), INTERVAL '3' SECOND))) WHERE rn <= 3;
SELECT L.seq AS a, R.seq AS b, L.window_start, L.window_end FROM (SELECT * FROM TABLE(SESSION(TABLE s PARTITION BY zone, DESCRIPTOR(ts), INTERVAL '2' SECOND))) L JOIN (SELECT * FROM TABLE(SESSION(TABLE s PARTITION BY zone, DESCRIPTOR(ts), INTERVAL '2' SECOND))) R ON L.window_start = R.window_start AND L.window_end = R.window_end AND L.zone = R.zone AND L.seq + 1 = R.seq;
