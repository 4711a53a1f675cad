-- Batch mode (Flink: --batch): OVER by any columns, with the ranks of the values; LAG goes by rows.
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json');
SELECT id, RANK() OVER (PARTITION BY car ORDER BY tag) AS r, DENSE_RANK() OVER (PARTITION BY car ORDER BY tag DESC) AS d, SUM(km) OVER (PARTITION BY car ORDER BY tag) AS s, LAG(km) OVER (ORDER BY ts, id) AS l, ROW_NUMBER() OVER (PARTITION BY tag ORDER BY km, id) AS n FROM trips;
