-- ORDER BY event time, then other columns.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT id, ts, points FROM s WHERE team = 'red' ORDER BY ts, points DESC, id;
