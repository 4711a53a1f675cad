--- size-zero
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '0' SECOND));
--- size-month
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), INTERVAL '1' MONTH));
--- size-number
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts), 10));
--- not-a-time-attribute
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(id), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- no-watermark
CREATE TABLE t (ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- missing-size
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(ts)));
--- missing-descriptor
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBLE(TABLE trips, ts, INTERVAL '1' MINUTE));
--- hop-not-multiple
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(CUMULATE(TABLE trips, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
--- hop-slide-larger
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE trips, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end;
--- misspelt-window
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM TABLE(TUMBEL(TABLE trips, DESCRIPTOR(ts), INTERVAL '1' MINUTE));
--- legacy-without-group
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) FROM trips;
--- legacy-other-window
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT TUMBLE_START(ts, INTERVAL '2' MINUTE) FROM trips GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
--- session-changes
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE (SELECT 1), DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- lost-time-attribute
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE VIEW v AS SELECT id, ts + INTERVAL '1' SECOND AS ts FROM trips;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- window-over-updates
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE VIEW v AS SELECT MAX(id) AS id, ts FROM trips GROUP BY ts;
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- bad-duration
SET 'weir.late-rows.allowed' = '1 fortnight';
