-- The same without an end, for latencies.
CREATE TABLE messages (id BIGINT, sent BIGINT, amount DOUBLE, url STRING) WITH (
  'connector' = 'kafka', 'topic' = '${IN}', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json',
  'scan.startup.mode' = 'latest-offset');
CREATE TABLE `large` (id BIGINT, sent BIGINT, amount DOUBLE) WITH (
  'connector' = 'kafka', 'topic' = '${OUT}', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json',
  'sink.delivery-guarantee' = '${GUARANTEE}', 'sink.transactional-id-prefix' = 'latency');
INSERT INTO `large` SELECT id, sent, amount FROM messages WHERE amount > 90;
