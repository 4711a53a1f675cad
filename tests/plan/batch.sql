-- Batch: no watermarks, inserts only, Collapse where changes would remain, ORDER BY at the end.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json');
CREATE TABLE changes (id INT, v STRING) WITH ('connector' = 'filesystem', 'path' = '${DATA}/changes.json', 'format' = 'debezium-json');
SELECT dev, COUNT(*) AS n FROM s GROUP BY dev ORDER BY n DESC LIMIT 3;
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
SELECT c.v, s.seq FROM changes c LEFT JOIN s ON c.id = s.seq;
