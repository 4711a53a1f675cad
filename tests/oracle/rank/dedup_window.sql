-- Windows over deduplicated rows.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW d AS SELECT id, player, points, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY player, points ORDER BY ts) AS rn FROM s) WHERE rn = 1;
SELECT window_start, COUNT(*) AS n, SUM(id) AS i FROM TABLE(TUMBLE(TABLE d, DESCRIPTOR(ts), INTERVAL '30' SECOND)) GROUP BY window_start, window_end;
