-- Clicks with a large amount, from a topic to a topic.
CREATE TABLE clicks (user_id INT, url STRING, amount DOUBLE, ts TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'topic' = '${IN}', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE `large` (user_id INT, url STRING, amount DOUBLE) WITH (
  'connector' = 'kafka', 'topic' = '${OUT}', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json',
  'sink.delivery-guarantee' = '${GUARANTEE}', 'sink.transactional-id-prefix' = 'bench');
INSERT INTO `large` SELECT user_id, url, amount FROM clicks WHERE amount > 90;
