-- Top-N ascending of a count that grows: rows leave the top.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT player, n, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n ASC, player) AS rn FROM (SELECT player, COUNT(*) AS n FROM s GROUP BY player)) WHERE rn <= 3;
