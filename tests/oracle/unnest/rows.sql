-- Elements that are rows.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT id, a, b FROM (SELECT id, ARRAY[ROW(id, team), ROW(points, player)] AS r FROM s WHERE id < 12) CROSS JOIN UNNEST(r) AS t (a, b);
