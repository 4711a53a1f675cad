-- Top-N of sums that change, without the rank.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT team, player, total FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY total DESC, player) AS rn FROM (SELECT team, player, SUM(points) AS total FROM s GROUP BY team, player)) WHERE rn <= 2;
