-- No PARTITION BY: the first ten of all.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT id, team, points, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY ratio DESC, price, id) AS rn FROM s) WHERE rn <= 10;
