-- MATCH_RECOGNIZE: keys, order, pattern, conditions and measures; only the columns that it reads.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM trips MATCH_RECOGNIZE (
  PARTITION BY car ORDER BY ts, id DESC
  MEASURES A.id AS a, LAST(B.fare, 1) + FIRST(B.fare) AS f, SUM(B.km * 2) AS km2, COUNT(*) AS n, MATCH_ROWTIME() AS t
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{2,4} C{0,2}? D{3} E) WITHIN INTERVAL '1' HOUR
  DEFINE A AS A.fare < 5, B AS AVG(B.km) < 10 AND B.fare >= LAST(B.fare, 1));
CREATE VIEW found AS SELECT * FROM trips MATCH_RECOGNIZE (
  ORDER BY ts MEASURES A.id AS a, MATCH_ROWTIME() AS t PATTERN (A B? C+?) DEFINE A AS id > 1);
SELECT window_end, COUNT(a) AS n FROM TABLE(TUMBLE(TABLE found, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
