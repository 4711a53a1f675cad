-- An aggregate over the last rows by event time.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT team, COUNT(*) AS n, SUM(id) AS i FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY team, points ORDER BY ts DESC) AS rn FROM s) WHERE rn = 1 GROUP BY team;
