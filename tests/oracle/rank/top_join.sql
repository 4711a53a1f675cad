-- Top-N joined with a count.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT a.team, a.id, b.n FROM (SELECT team, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY team ORDER BY points DESC, id) AS rn FROM s) WHERE rn <= 2) a JOIN (SELECT team, COUNT(*) AS n FROM s GROUP BY team) b ON a.team = b.team;
