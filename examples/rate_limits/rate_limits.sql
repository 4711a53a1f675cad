-- Customers with more than 40 requests in any 10 seconds that end at a full second: who is to be slowed down, and when.

CREATE TABLE requests (
  customer STRING,
  path STRING,
  `at` TIMESTAMP(3),
  WATERMARK FOR `at` AS `at` - INTERVAL '2' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/requests.json', 'format' = 'json');

SELECT customer, window_end, COUNT(*) AS requests
FROM TABLE(HOP(TABLE requests, DESCRIPTOR(`at`), INTERVAL '1' SECOND, INTERVAL '10' SECOND))
GROUP BY customer, window_start, window_end
HAVING COUNT(*) > 40;
