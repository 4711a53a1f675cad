--- alternation
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A | B) DEFINE A AS A.fare > 1);
--- permute
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (PERMUTE(A, B)) DEFINE A AS A.fare > 1);
--- exclusion
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A {- B -} C) DEFINE A AS A.fare > 1);
--- group
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN ((A B)+ C) DEFINE A AS A.fare > 1);
--- anchor
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (^A B) DEFINE A AS A.fare > 1);
--- subset
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) SUBSET U = (A, B) DEFINE A AS A.fare > 1);
--- reluctant-optional
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B?? C) DEFINE A AS A.fare > 1);
--- greedy-last
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B+) DEFINE A AS A.fare > 1);
--- empty-match
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A? B*?) DEFINE A AS A.fare > 1);
--- optional-behind-greedy
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A+ B? C) DEFINE A AS A.fare > 1);
--- twice
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B A) DEFINE A AS A.fare > 1);
--- many-states
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A{90000} B{20000} C) DEFINE A AS A.fare > 1);
--- no-order
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE ( MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.fare > 1);
--- order-not-time
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY id MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.fare > 1);
--- order-descending
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts DESC MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.fare > 1);
--- order-expression
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts, id + 1 MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.fare > 1);
--- partition-expression
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (PARTITION BY UPPER(car) ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.fare > 1);
--- no-measures
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts PATTERN (A B) DEFINE A AS A.fare > 1);
--- same-name
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (PARTITION BY car ORDER BY ts MEASURES A.id AS car PATTERN (A B) DEFINE A AS A.fare > 1);
--- two-variables
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES SUM(A.fare + B.fare) AS s PATTERN (A B) DEFINE A AS A.fare > 1);
--- two-variables-last
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(A.fare + B.fare) AS s PATTERN (A B) DEFINE A AS A.fare > 1);
--- distinct
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES COUNT(DISTINCT A.car) AS n PATTERN (A B) DEFINE A AS A.fare > 1);
--- nested
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES FIRST(LAST(A.id, 1)) AS n PATTERN (A B) DEFINE A AS A.fare > 1);
--- aggregate-in-last
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(SUM(A.id)) AS n PATTERN (A B) DEFINE A AS A.fare > 1);
--- last-of-nothing
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(1) AS n PATTERN (A B) DEFINE A AS A.fare > 1);
--- offset
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(A.id, -1) AS n PATTERN (A B) DEFINE A AS A.fare > 1);
--- prev
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS PREV(A.fare) > 1);
--- next-in-measures
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES NEXT(A.id) AS n PATTERN (A B) DEFINE A AS A.fare > 1);
--- classifier
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES CLASSIFIER() AS c PATTERN (A B) DEFINE A AS A.fare > 1);
--- running
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES RUNNING LAST(A.id) AS c PATTERN (A B) DEFINE A AS A.fare > 1);
--- final-in-define
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS FINAL LAST(A.id) > 1);
--- unknown-variable
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES C.id AS c PATTERN (A B) DEFINE A AS A.fare > 1);
--- unknown-skip
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a AFTER MATCH SKIP TO FIRST BB PATTERN (A B) DEFINE A AS A.fare > 1);
--- defined-twice
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.id > 1, A AS A.id > 2);
--- no-condition
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.id);
--- within-months
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) WITHIN INTERVAL '1' MONTH DEFINE A AS A.fare > 1);
--- outside
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT LAST(id) FROM trips;
--- rowtime-of-clock
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM (SELECT *, PROCTIME() AS p FROM trips) MATCH_RECOGNIZE (ORDER BY p MEASURES MATCH_ROWTIME() AS t PATTERN (A B) DEFINE A AS A.id > 1);
--- subquery
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.id > (SELECT 1));
--- skip-to-start
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a AFTER MATCH SKIP TO FIRST A PATTERN (A B) DEFINE A AS TRUE);
--- skip-to-nothing
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT * FROM trips MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a AFTER MATCH SKIP TO LAST B PATTERN (A B? C) DEFINE B AS B.id > 100);
--- changing-input
CREATE TABLE o (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'debezium-json');
SELECT * FROM o MATCH_RECOGNIZE (ORDER BY ts MEASURES A.id AS a PATTERN (A B) DEFINE A AS A.id > 1);
