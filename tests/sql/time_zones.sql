-- TIMESTAMP_LTZ as time attribute, in a zone of the session.
SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE TABLE trips (
  id INT, ts TIMESTAMP(3), t AS CAST(ts AS TIMESTAMP_LTZ(3)),
  WATERMARK FOR t AS t - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(t), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
SELECT id, t, CAST(t AS TIMESTAMP(3)) AS there FROM trips WHERE id < 3;
SELECT TO_TIMESTAMP_LTZ(0, 3) AS z, CAST(TIMESTAMP '2024-03-31 02:30:00' AS TIMESTAMP_LTZ(3)) AS gap, CAST(TIMESTAMP '2024-10-27 02:30:00' AS TIMESTAMP_LTZ(3)) AS twice;
