-- Batch mode (Flink: --batch): nothing is late, rows without a time are in no window, any TIMESTAMP will do.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json');
CREATE TABLE nt (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${DATA}/nulltime.json', 'format' = 'json');
CREATE TABLE plainrow (id INT, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '${DATA}/nulltime.json', 'format' = 'json');
SELECT window_start, window_end, COUNT(*) AS n, SUM(hits) AS h FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT dev, window_start, COUNT(*) AS n FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY dev, window_start, window_end;
SELECT dev, TUMBLE_START(ts, INTERVAL '15' SECOND) AS a, COUNT(*) AS n FROM s GROUP BY dev, TUMBLE(ts, INTERVAL '15' SECOND);
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, dev, seq FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY volt DESC, seq) AS rn FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND))) WHERE rn <= 2;
SELECT L.seq AS a, R.seq AS b, L.window_start FROM (SELECT * FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND))) L JOIN (SELECT * FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND))) R ON L.window_start = R.window_start AND L.window_end = R.window_end AND L.dev = R.dev AND L.seq < R.seq;
SELECT id, ts FROM nt;
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE nt, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT id, window_start FROM TABLE(TUMBLE(TABLE nt, DESCRIPTOR(ts), INTERVAL '10' SECOND));
SELECT COUNT(*) AS n FROM nt GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE plainrow, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT TUMBLE_START(ts, INTERVAL '2' SECOND) AS a, COUNT(*) AS n FROM plainrow GROUP BY TUMBLE(ts, INTERVAL '2' SECOND);
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) WHERE seq < 0 GROUP BY window_start, window_end;
SELECT a.seq, b.seq AS x FROM s a JOIN s b ON a.dev = b.dev AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '2' SECOND AND a.seq <> b.seq;
SELECT dev, seq FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY dev ORDER BY ts DESC) AS rn FROM s) WHERE rn = 1;
SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY MOD(id, 1) ORDER BY ts) AS rn FROM nt) WHERE rn = 1;
SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY MOD(id, 1) ORDER BY ts DESC) AS rn FROM nt) WHERE rn = 1;
