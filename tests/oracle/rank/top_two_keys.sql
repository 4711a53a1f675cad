-- Two partition keys, one of them with NULLs; filter above.
CREATE TABLE s (id INT, team STRING, player STRING, points INT, price DECIMAL(8,2), ratio DOUBLE, tags ARRAY<STRING>, attrs MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '6' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/scores.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT team, player, id, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY team, player ORDER BY ts DESC, id DESC) AS rn FROM s) WHERE rn <= 2 AND points IS NOT NULL;
