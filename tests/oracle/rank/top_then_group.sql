-- An aggregate over a Top-N.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT COUNT(*) AS n, SUM(points) AS p, MAX(id) AS hi FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY points DESC, id) AS rn FROM s) WHERE rn <= 5;
