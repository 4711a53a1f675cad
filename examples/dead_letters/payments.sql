-- Payments into one file per run. What cannot be read goes to a table of dead letters.

CREATE TABLE payments (
  payment INT,
  account STRING,
  amount DECIMAL(10, 2)
) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/payments.json', 'format' = 'json',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'dead_letters'
);

CREATE TABLE dead_letters (
  `raw` STRING, error_kind STRING, error_text STRING, `table` STRING,
  file STRING, line BIGINT, `offset` BIGINT, `time` TIMESTAMP_LTZ(3), attempts BIGINT
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/dead_letters/', 'format' = 'json');

CREATE TABLE booked (payment INT, account STRING, amount DECIMAL(10, 2))
WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/booked/', 'format' = 'json');

INSERT INTO booked SELECT payment, account, amount FROM payments;
