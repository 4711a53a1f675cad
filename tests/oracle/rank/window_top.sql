-- Top-N within windows of sums, ties by name.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, player, total, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY total DESC, player) AS rn FROM (SELECT window_start, window_end, player, SUM(points) AS total FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, player)) WHERE rn <= 2;
