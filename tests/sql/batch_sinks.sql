-- Batch mode, weir only: sinks that take no updates, changelog sources, an ORDER BY that a sink keeps.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json');
CREATE TABLE changes (id INT, v STRING) WITH ('connector' = 'filesystem', 'path' = '${DATA}/changes.json', 'format' = 'debezium-json');
CREATE TABLE per_dev (dev STRING, n BIGINT, top INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/per_dev.csv', 'format' = 'csv');
CREATE TABLE best (seq INT, hits INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/best.json', 'format' = 'json');
INSERT INTO per_dev SELECT dev, COUNT(*), MAX(hits) FROM s GROUP BY dev;
INSERT INTO best SELECT seq, hits FROM s ORDER BY hits DESC, seq LIMIT 5;
SELECT * FROM per_dev ORDER BY n DESC;
SELECT seq, hits FROM best;
SELECT id, v FROM changes ORDER BY id;
SELECT v, COUNT(*) AS n, MAX(id) AS top FROM changes GROUP BY v ORDER BY v;
SELECT c.id, s.seq FROM changes c LEFT JOIN s ON c.id = s.seq AND s.zone = 's' ORDER BY c.id, s.seq;
SELECT seq FROM s WHERE dev = 'd1' LIMIT 3;
SELECT seq, dev FROM s WHERE seq < 40 AND dev = 'd2' LIMIT 3 OFFSET 2;
