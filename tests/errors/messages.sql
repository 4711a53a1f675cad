--- both-formats
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1',
  'format' = 'json', 'value.format' = 'csv');
--- no-such-key-format
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json',
  'key.format' = 'jsn', 'key.fields' = 'a');
--- format-option-without-value-in-front
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'value.format' = 'json',
  'json.ignore-parse-errors' = 'true');
--- key-option-of-another-format
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'raw', 'key.fields' = 'a',
  'key.json.ignore-parse-errors' = 'true');
--- fields-without-format
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json',
  'key.fields' = 'a'); SELECT * FROM t;
--- format-without-fields
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json',
  'key.format' = 'raw'); SELECT * FROM t;
--- unknown-field
CREATE TABLE t (a INT, amount INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'json',
  'key.fields' = 'a;amout'); SELECT * FROM t;
--- field-twice
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'json',
  'key.fields' = 'a; a'); SELECT * FROM t;
--- no-fields
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'json',
  'key.fields' = ' ; '); SELECT * FROM t;
--- prefix-without-except-key
CREATE TABLE t (k_a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'json', 'key.fields' = 'k_a',
  'key.fields-prefix' = 'k_'); SELECT * FROM t;
--- prefix-that-does-not-fit
CREATE TABLE t (k_a INT, b INT, c INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'json', 'key.fields' = 'k_a;b',
  'key.fields-prefix' = 'k_', 'value.fields-include' = 'EXCEPT_KEY'); SELECT * FROM t;
--- raw-with-two-columns
CREATE TABLE t (a INT, b INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.format' = 'raw', 'key.fields' = 'a;b'); SELECT * FROM t;
--- changes-in-keys
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'key.fields' = 'a',
  'key.format' = 'debezium-json'); SELECT * FROM t;
--- primary-key-without-changes
CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json'); SELECT * FROM t;
--- upserts-without-primary-key
CREATE TABLE t (a INT) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'value.format' = 'json'); SELECT * FROM t;
--- upserts-without-key-format
CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'value.format' = 'json'); SELECT * FROM t;
--- upserts-with-key-fields
CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'value.format' = 'json',
  'key.fields' = 'a'); SELECT * FROM t;
--- upserts-of-changes
CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'value.format' = 'debezium-json'); SELECT * FROM t;
--- metadata-that-is-not-there
CREATE TABLE t (a INT, x INT METADATA FROM 'ofset') WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json');
--- metadata-that-cannot-be-written
CREATE TABLE t (a INT,
  p INT METADATA FROM 'partition') WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json'); INSERT INTO t VALUES (1, 2);
--- key-format-of-files
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json',
  'key.format' = 'json');
--- secrets-are-not-shown
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json',
  'properties.sasl.password' = 'hunter2', 'nope' = '1', 'properties.sasl.jaas.config' = 'x');
--- format-of-messages-for-files
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'avro-confluent');
--- end-of-a-group-without-group
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'group-offsets'); SELECT * FROM t;
--- topic-without-name
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset',
  'topic' = ''); SELECT * FROM t;
--- updates-for-new-rows
CREATE TABLE t (a INT, n BIGINT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json');
INSERT INTO t SELECT a, COUNT(*) FROM (VALUES (1)) AS v (a) GROUP BY a;
--- tables-included-by-no-expression
CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'canal-json', 'scan.startup.mode' = 'earliest-offset',
  'canal-json.table.include' = '('); SELECT * FROM t;
--- timestamps-of-an-older-mapping
CREATE TABLE t (a TIMESTAMP_LTZ(3)) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'avro-confluent',
  'avro-confluent.url' = 'http://localhost:1'); INSERT INTO t VALUES (CURRENT_TIMESTAMP);
