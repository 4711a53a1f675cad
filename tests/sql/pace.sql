-- weir only: how fast and in which order tables are read changes no result.
CREATE TABLE s (
  seq INT, dev STRING, hits INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.rate-limit' = '20000',
  'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = '10 s', 'scan.watermark.alignment.update-interval' = '1 s');
CREATE TABLE t (
  seq INT, zone STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.priority' = '5',
  'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = '10 s');
SELECT s.dev, COUNT(*) AS c, COUNT(t.zone) AS z FROM s JOIN t ON s.seq = t.seq GROUP BY s.dev;
SELECT w, COUNT(*) AS c FROM (SELECT window_start AS w, seq FROM TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)
  UNION ALL SELECT window_start, seq FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY w;
SELECT COUNT(*), SUM(hits) FROM s /*+ OPTIONS('scan.rate-limit' = '2500') */;
