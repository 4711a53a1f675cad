-- TUMBLE: sizes, offsets, keys, the three window columns, late rows dropped.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT window_start, window_end, window_time, COUNT(*) AS n, SUM(fare) AS s FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time;
SELECT car, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY car, window_start, window_end;
SELECT window_start, MAX(km) AS m FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '3' SECOND)) GROUP BY window_start, window_end;
SELECT window_start, COUNT(DISTINCT car) AS c, COUNT(*) FILTER (WHERE tag = 'x') AS x, AVG(fare) AS a FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end HAVING COUNT(*) > 2;
SELECT id, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE km > 3;
SELECT window_start, car, tag, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY GROUPING SETS ((window_start, window_end, car), (window_start, window_end, tag));
SELECT window_start, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(DATA => TABLE trips, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
SELECT car, FIRST_VALUE(id) AS f, LAST_VALUE(id) AS l FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '30' SECOND)) GROUP BY car, window_start, window_end;
