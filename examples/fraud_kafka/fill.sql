-- The transactions of examples/outliers into a topic, those of an account in one partition.
CREATE TABLE file (transaction_id INT, account STRING, amount DOUBLE, `at` TIMESTAMP(3)) WITH (
  'connector' = 'filesystem', 'path' = '../outliers/transactions.json', 'format' = 'json');
CREATE TABLE topic (transaction_id INT, account STRING, amount DOUBLE, `at` TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'topic' = '${TOPIC}', 'properties.bootstrap.servers' = '${BROKER}',
  'key.format' = 'raw', 'key.fields' = 'account', 'value.format' = 'json');
INSERT INTO topic SELECT * FROM file;
