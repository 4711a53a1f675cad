CREATE TABLE enriched (order_id BIGINT, product STRING, total DECIMAL(20, 2)) WITH (
  'connector' = 'kafka', 'topic' = '${TOPIC}-enriched', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
SELECT COUNT(*) AS orders, COUNT(product) AS with_product, SUM(total) AS total FROM enriched;
