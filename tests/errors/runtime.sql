--- malformed-json
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'data/malformed.json', 'format' = 'json');
SELECT * FROM t;
--- wrong-type-json
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'data/type.json', 'format' = 'json');
SELECT a FROM t;
--- missing-field-json
CREATE TABLE t (a INT, c STRING) WITH ('connector' = 'filesystem', 'path' = 'data/type.json', 'format' = 'json', 'json.fail-on-missing-field' = 'true');
SELECT c FROM t;
--- bad-utf8-json
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'data/latin1.json', 'format' = 'json');
SELECT * FROM t;
--- deep-json
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/deep.json', 'format' = 'json');
SELECT * FROM t;
--- malformed-csv
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'data/malformed.csv', 'format' = 'csv');
SELECT * FROM t;
--- few-columns-csv
CREATE TABLE t (a INT, b STRING, c INT) WITH ('connector' = 'filesystem', 'path' = 'data/few.csv', 'format' = 'csv');
SELECT * FROM t;
--- open-quote-csv
CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'filesystem', 'path' = 'data/quote.csv', 'format' = 'csv');
SELECT * FROM t;
--- null-rowtime
CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'data/nulltime.json', 'format' = 'json');
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--- division-by-zero
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id, 10 / (id - 2) AS x FROM trips;
--- division-in-filter
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id FROM trips WHERE 10 / (id - 1) > 1;
--- cast-fails
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT id, CAST(car AS INT) AS x FROM trips;
--- decimal-division
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT fare / (fare - 4.25) FROM trips;
--- aggregate-argument
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT car, SUM(10 / (id - 1)) FROM trips GROUP BY car;
--- not-gzip
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/not.json.gz', 'format' = 'json');
SELECT * FROM t;
--- cut-zstd
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/not.json.zst', 'format' = 'json');
SELECT * FROM t;
--- full-disk
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE TABLE o (id INT) WITH ('connector' = 'filesystem', 'path' = '/dev/full', 'format' = 'json');
INSERT INTO o SELECT id FROM trips;
--- not-null-sink
CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'data/nulls.json', 'format' = 'json');
CREATE TABLE o (a INT NOT NULL) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT a FROM t;
--- computed-column
CREATE TABLE t (id INT, amount STRING, `at` TIMESTAMP(3), cents AS CAST(amount AS BIGINT) * 100)
WITH ('connector' = 'filesystem', 'path' = 'data/amounts.csv', 'format' = 'csv', 'csv.header' = 'true');
SELECT id, cents FROM t WHERE id > 1;
--- null-rowtime-behind-header
CREATE TABLE t (id INT, amount STRING, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at`)
WITH ('connector' = 'filesystem', 'path' = 'data/amounts.csv', 'format' = 'csv', 'csv.header' = 'true', 'csv.ignore-parse-errors' = 'true');
SELECT id FROM t;
--- filter-behind-header
CREATE TABLE t (id INT, amount STRING, `at` STRING)
WITH ('connector' = 'filesystem', 'path' = 'data/amounts.csv', 'format' = 'csv', 'csv.header' = 'true');
SELECT id FROM t WHERE 6 / (id - 1) > 0;
--- in-a-view
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
CREATE VIEW shares AS
  SELECT id, 10 / (id - 2) AS share FROM trips;
SELECT share + 1 FROM shares;
--- in-a-join
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), ts TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = 'data/trips.json', 'format' = 'json');
SELECT a.id FROM trips a JOIN trips b ON a.car = b.car AND 10 / (a.id - b.id) > 0;
--- no-timestamp
SELECT CAST(s AS TIMESTAMP(3)) FROM (VALUES ('2024-01-01 10:00:00'), ('yesterday')) AS t (s);
--- number-out-of-range
SELECT CAST(s AS TINYINT) FROM (VALUES ('127'), ('128')) AS t (s);
