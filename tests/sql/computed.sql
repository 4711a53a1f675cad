-- Computed and metadata columns, primary keys, hints, a watermark over an expression.
CREATE TABLE trips (
  id INT, car STRING, `twice` AS km * 2, km INT, ts STRING, t AS TO_TIMESTAMP(ts), shout AS UPPER(car),
  WATERMARK FOR t AS t - INTERVAL '5' SECOND
) COMMENT 'trips' WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM trips;
SELECT shout, SUM(`twice`) AS s FROM trips GROUP BY shout;
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(t), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
CREATE TABLE less (id INT, extra STRING) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json');
SELECT * FROM less WHERE id < 3;
SELECT id FROM less /*+ OPTIONS('json.ignore-parse-errors' = 'true') */ WHERE id > 14;
