-- Page views in sessions: those of one visitor with less than 30 minutes between them.

CREATE TABLE pageviews (
  visitor STRING,
  page STRING,
  `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '1' MINUTE
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/pageviews.json', 'format' = 'json');

SELECT
  visitor, window_start AS began, MAX(`at`) AS ended,
  COUNT(*) AS page_views, COUNT(DISTINCT page) AS pages, MAX(page = '/pay') AS paid
FROM TABLE(SESSION(TABLE pageviews PARTITION BY visitor, DESCRIPTOR(`at`), INTERVAL '30' MINUTES))
GROUP BY visitor, window_start, window_end;
