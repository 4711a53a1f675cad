-- Connectors of a plugin: walks.c, compiled to walks.so.
LOAD MODULE walks WITH ('path' = '${DIR}/walks.so');

CREATE TABLE walk (step BIGINT, `position` DOUBLE)
WITH ('connector' = 'random-walk', 'seed' = '7', 'steps' = '5000');

CREATE TABLE summary (`position` DOUBLE)
WITH ('connector' = 'statistics', 'path' = '${DIR}/summary.txt');

INSERT INTO summary SELECT `position` FROM walk WHERE MOD(step, 2) = 0;
SELECT COUNT(*) AS steps, MIN(`position`) AS lowest, MAX(`position`) AS highest FROM walk;
