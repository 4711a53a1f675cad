-- Logs of services: filtered, sampled by trace, told whose they are, cleared of personal data, and sent where they belong.

CREATE TABLE logs (
  `at` TIMESTAMP(3),
  service STRING,
  level STRING,
  trace_id STRING,
  message STRING,
  took_ms INT,
  came AS PROCTIME(),
  WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/logs.json',
  'format' = 'json'
);

-- Who looks after a service. It is asked for when a log comes; each answer is kept for a minute.
CREATE TABLE services (
  service STRING,
  team STRING,
  tier INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/services.json',
  'format' = 'json',
  'lookup.cache' = 'PARTIAL',
  'lookup.partial-cache.max-rows' = '10000',
  'lookup.partial-cache.expire-after-write' = '1 min'
);

-- Filter: no DEBUG, no health checks. Mask: addresses of mail and IP, and cards but for their last four digits.
CREATE VIEW kept AS
SELECT `at`, came, service, level, trace_id, took_ms,
       REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(message,
         '[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+', '<mail>'),
         '\b(\d{1,3}\.){3}\d{1,3}\b', '<ip>'),
         '\b(\d{4}[ -]?){3}(?=\d{4}\b)', '<card>') AS message
FROM logs
WHERE level <> 'DEBUG' AND message NOT LIKE '%/healthz%';

-- Enrich: a service that nobody has told of goes on without a team.
CREATE VIEW enriched AS
SELECT k.`at`, k.service, COALESCE(s.team, 'nobody') AS team, k.level, k.trace_id, k.took_ms, k.message,
       -- Sample: two in sixteen traces, each with all its lines or with none, by the hash of its id: everybody who samples so, anywhere,
       -- keeps the same traces.
       LEFT(MD5(k.trace_id), 1) IN ('0', '1') AS sampled
FROM kept AS k
LEFT JOIN services FOR SYSTEM_TIME AS OF k.came AS s ON k.service = s.service;

CREATE TABLE errors (`at` TIMESTAMP(3), team STRING, trace_id STRING, message STRING, service STRING) PARTITIONED BY (service)
WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/errors', 'format' = 'json');

CREATE TABLE sampled_logs (`at` TIMESTAMP(3), service STRING, team STRING, level STRING, trace_id STRING, took_ms INT, message STRING)
WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/sampled', 'format' = 'json');

CREATE TABLE metrics (`minute` TIMESTAMP(3), lines BIGINT, errors BIGINT, took_ms_avg DOUBLE, took_ms_max INT, service STRING) PARTITIONED BY (service)
WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/metrics', 'format' = 'json');

-- Route: one job, which reads the logs once. Errors and metrics are of all logs that were kept, sampled or not.
EXECUTE STATEMENT SET BEGIN
  INSERT INTO errors SELECT `at`, team, trace_id, message, service FROM enriched WHERE level = 'ERROR';
  INSERT INTO sampled_logs SELECT `at`, service, team, level, trace_id, took_ms, message FROM enriched WHERE sampled;
  INSERT INTO metrics
  SELECT window_start, COUNT(*), COUNT(*) FILTER (WHERE level = 'ERROR'), ROUND(AVG(CAST(took_ms AS DOUBLE)), 1), MAX(took_ms), service
  FROM TABLE(TUMBLE(TABLE kept, DESCRIPTOR(`at`), INTERVAL '1' MINUTE))
  GROUP BY window_start, window_end, service;
END;
