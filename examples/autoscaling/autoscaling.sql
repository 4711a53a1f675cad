-- When to scale which service: what its instances measure goes in, decisions come out, each of them once.
--
-- A window of ten seconds is hot when the instances' CPU is above 80 % on average or more than 5,000 messages wait; it is cold when CPU is
-- below 30 % and fewer than 500 wait. In between nothing is asked for: that is the hysteresis. Three hot (or cold) windows in a row are a
-- decision, and behind a decision come three windows that only wait for what it has changed (the cooldown).

CREATE TABLE metrics (
  service STRING,
  instance INT,
  cpu DOUBLE,
  waiting BIGINT,
  measured_at TIMESTAMP(3),
  WATERMARK FOR measured_at AS measured_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/metrics.json',
  'format' = 'json'
);

CREATE VIEW loads AS
SELECT service, window_time, window_end, ROUND(AVG(cpu), 3) AS cpu, MAX(waiting) AS waiting,
       CASE WHEN AVG(cpu) > 0.8 OR MAX(waiting) > 5000 THEN 1 WHEN AVG(cpu) < 0.3 AND MAX(waiting) < 500 THEN -1 ELSE 0 END AS pressure
FROM TABLE(TUMBLE(TABLE metrics, DESCRIPTOR(measured_at), INTERVAL '10' SECOND))
GROUP BY service, window_start, window_end, window_time;

-- Part files, each shown with the checkpoint that ends it: a decision is there once, whatever happens to the job.
CREATE TABLE decisions (
  service STRING,
  action STRING,
  decided_at TIMESTAMP(3),
  cpu DOUBLE,
  waiting BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out/decisions',
  'format' = 'json'
);

-- The next match begins behind the last one, with its three calm windows: that is the cooldown. A match lasts six windows, and WITHIN sees
-- to it that none is missing: a service that fell silent begins anew.
INSERT INTO decisions
SELECT service, CASE WHEN pressure > 0 THEN 'scale up' ELSE 'scale down' END, decided_at, cpu, waiting
FROM loads MATCH_RECOGNIZE (
  PARTITION BY service
  ORDER BY window_time
  MEASURES
    first_one.pressure AS pressure,
    third.window_end AS decided_at,
    third.cpu AS cpu,
    third.waiting AS waiting
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (calm{3} first_one second_one third) WITHIN INTERVAL '1' MINUTE
  DEFINE
    first_one AS first_one.pressure <> 0,
    second_one AS second_one.pressure = first_one.pressure,
    third AS third.pressure = first_one.pressure
);
