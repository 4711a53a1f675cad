-- The last row by id of each player: updates of the first rank.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT player, id, points FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY player ORDER BY id DESC) AS rn FROM s) WHERE rn = 1;
