-- What consumers of committed messages see by now.
CREATE TABLE alerts (transaction_id INT, account STRING, `at` TIMESTAMP(3), amount DOUBLE, average DOUBLE, deviation DOUBLE) WITH (
  'connector' = 'kafka', 'topic' = '${TOPIC}-alerts', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'properties.isolation.level' = 'read_committed');
SELECT transaction_id, account, `at`, amount, average, deviation FROM alerts;
