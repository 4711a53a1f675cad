-- The average temperature of every sensor in 5 minutes of event time. Readings may be a minute late.

SET 'weir.late-rows.table' = 'too_late';

CREATE TABLE readings (
  sensor STRING,
  temperature DOUBLE,
  `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '1' MINUTE
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/readings.json', 'format' = 'json');

CREATE TABLE too_late (
  sensor STRING,
  temperature DOUBLE,
  `at` TIMESTAMP(3),
  late_by BIGINT METADATA FROM 'late-by'
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/too_late.json', 'format' = 'json');

SELECT sensor, window_start, COUNT(*) AS readings, AVG(temperature) AS average
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(`at`), INTERVAL '5' MINUTES))
GROUP BY sensor, window_start, window_end;
