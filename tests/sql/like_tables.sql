-- CREATE TABLE LIKE and its options.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE trips2 (shout AS UPPER(car)) LIKE trips;
SELECT id, shout FROM trips2 WHERE id < 4;
CREATE TABLE trips3 WITH ('path' = '${DATA}/trips.json', 'json.ignore-parse-errors' = 'true') LIKE trips (EXCLUDING WATERMARKS OVERWRITING OPTIONS);
SELECT * FROM trips3 WHERE id < 4;
CREATE TABLE trips4 (WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE) LIKE trips (OVERWRITING WATERMARKS);
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE trips4, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
