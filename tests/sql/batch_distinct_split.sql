-- weir only: a global aggregate of nothing is one row in batch mode, split by buckets or not.
SET 'execution.runtime-mode' = 'batch';
SET 'table.optimizer.distinct-agg.split.enabled' = 'true';
CREATE TABLE places (id INT, place STRING, who STRING) WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/places', 'format' = 'json');
SELECT COUNT(DISTINCT place) AS p, COUNT(*) AS n, MAX(id) AS m FROM places WHERE id > 100;
SELECT COUNT(DISTINCT place) AS p, COUNT(*) AS n, MAX(id) AS m FROM places;
SELECT who, COUNT(DISTINCT place) AS p FROM places WHERE id > 100 GROUP BY who;
