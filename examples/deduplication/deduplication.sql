-- Events that are delivered at least once, counted exactly once: the first of every event_id, then windows over those.

CREATE TABLE events (
  event_id STRING,
  device STRING,
  kind STRING,
  `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/events.json', 'format' = 'json');

CREATE VIEW once AS
SELECT event_id, device, kind, `at`
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY `at`) AS number FROM events)
WHERE number = 1;

SELECT window_start, kind, COUNT(*) AS events
FROM TABLE(TUMBLE(TABLE once, DESCRIPTOR(`at`), INTERVAL '5' MINUTES))
GROUP BY window_start, window_end, kind;
