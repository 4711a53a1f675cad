-- Top-N of the rows of a window, with a key and without the rank.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_end, team, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, team ORDER BY points DESC, id) AS rn FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) WHERE rn BETWEEN 2 AND 3;
