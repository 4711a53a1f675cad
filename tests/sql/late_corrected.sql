-- Late rows within the allowed lateness, weir only: Top-N and joins over windows that are corrected (each file ends an epoch) are those of batch mode.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/readings', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SET 'weir.late-rows.allowed' = '1 d';
SELECT dev, seq, rn, window_start FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY dev, window_start, window_end ORDER BY hits DESC, seq) AS rn
  FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND))) WHERE rn <= 2;
SELECT window_start, dev, h, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY h DESC, dev) AS rn FROM (
  SELECT dev, window_start, window_end, SUM(hits) AS h FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY dev, window_start, window_end)) WHERE rn <= 2;
SELECT a.window_start, a.dev, a.n, b.m FROM (
  SELECT dev, window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY dev, window_start, window_end) a
  LEFT JOIN (SELECT dev, window_start, window_end, COUNT(*) AS m FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) WHERE zone = 'n'
    GROUP BY dev, window_start, window_end) b ON a.dev = b.dev AND a.window_start = b.window_start AND a.window_end = b.window_end;
SELECT zone, window_start, COUNT(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY zone, window_start, window_end;
SET 'execution.runtime-mode' = 'batch';
SELECT dev, seq, rn, window_start FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY dev, window_start, window_end ORDER BY hits DESC, seq) AS rn
  FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND))) WHERE rn <= 2;
SELECT window_start, dev, h, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY h DESC, dev) AS rn FROM (
  SELECT dev, window_start, window_end, SUM(hits) AS h FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY dev, window_start, window_end)) WHERE rn <= 2;
SELECT a.window_start, a.dev, a.n, b.m FROM (
  SELECT dev, window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY dev, window_start, window_end) a
  LEFT JOIN (SELECT dev, window_start, window_end, COUNT(*) AS m FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) WHERE zone = 'n'
    GROUP BY dev, window_start, window_end) b ON a.dev = b.dev AND a.window_start = b.window_start AND a.window_end = b.window_end;
SELECT zone, window_start, COUNT(*) AS n FROM TABLE(SESSION(TABLE s PARTITION BY dev, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY zone, window_start, window_end;
