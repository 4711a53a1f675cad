-- Windows behind views, filters, unions and renamed columns; windows over windows of other kinds.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW north AS SELECT seq, dev AS device, ts AS at_time, hits * 2 AS twice FROM s WHERE zone = 'n';
SELECT device, window_start, SUM(twice) AS t FROM TABLE(TUMBLE(TABLE north, DESCRIPTOR(at_time), INTERVAL '30' SECOND)) GROUP BY device, window_start, window_end;
CREATE VIEW per5 AS SELECT dev, window_start AS ws, window_end AS we, window_time AS wt, SUM(hits) AS h, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY dev, window_start, window_end, window_time;
SELECT window_start, window_end, MAX(h) AS top, SUM(n) AS n, COUNT(DISTINCT dev) AS d FROM TABLE(HOP(TABLE per5, DESCRIPTOR(wt), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY window_start, window_end;
SELECT dev, window_start, window_end, SUM(n) AS n FROM TABLE(SESSION(TABLE per5 PARTITION BY dev, DESCRIPTOR(wt), INTERVAL '10' SECOND)) GROUP BY dev, window_start, window_end;
SELECT window_start, window_end, SUM(h) AS h FROM TABLE(CUMULATE(TABLE per5, DESCRIPTOR(wt), INTERVAL '15' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
SELECT ws, MAX(n) AS m, COUNT(*) AS devs FROM per5 GROUP BY ws, we;
SELECT MAX(n) AS m, AVG(h) AS a FROM per5;
SELECT dev, COUNT(*) AS windows, SUM(n) AS n FROM per5 GROUP BY dev;
WITH hot AS (SELECT * FROM s WHERE temp > 0) SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE hot, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
CREATE VIEW both_of AS SELECT seq, ts FROM s WHERE hits > 3 UNION ALL SELECT seq, ts FROM s WHERE hits < 0;
SELECT window_start, COUNT(*) AS n, MIN(seq) AS lo FROM TABLE(TUMBLE(TABLE both_of, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end;
SELECT DATE_FORMAT(window_start, 'HH:mm:ss') AS at_clock, CASE WHEN COUNT(*) > 5 THEN 'busy' ELSE 'calm' END AS how, SUM(hits) / COUNT(*) AS rate FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) AS t, zone, COUNT(*) AS n, AVG(temp) AS a FROM s WHERE dev IS NOT NULL GROUP BY zone, TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT HOP_START(ts, INTERVAL '30' SECOND, INTERVAL '1' MINUTE) AS t, HOP_ROWTIME(ts, INTERVAL '30' SECOND, INTERVAL '1' MINUTE) AS r, MAX(hits) AS m FROM s GROUP BY HOP(ts, INTERVAL '30' SECOND, INTERVAL '1' MINUTE);
SELECT SESSION_START(ts, INTERVAL '8' SECOND) AS a, SESSION_END(ts, INTERVAL '8' SECOND) AS b, SESSION_ROWTIME(ts, INTERVAL '8' SECOND) AS r, dev, COUNT(*) AS n FROM s GROUP BY dev, SESSION(ts, INTERVAL '8' SECOND);
