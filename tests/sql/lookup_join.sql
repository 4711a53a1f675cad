-- weir only: look-ups in a file. The answers are those of a regular join, whatever is kept in the cache.
CREATE TABLE trips (id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING, now_ts AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE cars (car STRING, seats INT, owner STRING, wide AS seats > 4, PRIMARY KEY (car) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${DATA}/lookup_cars.json', 'format' = 'json');
SELECT t.id, t.car, c.seats, c.owner, c.wide FROM trips AS t JOIN cars FOR SYSTEM_TIME AS OF t.now_ts AS c ON t.car = c.car WHERE t.id < 20;
SELECT t.id, t.car, c.seats, c.owner FROM trips AS t LEFT JOIN cars FOR SYSTEM_TIME AS OF t.now_ts AS c ON t.car = c.car AND c.seats > t.km - 10 WHERE t.id < 20;
SELECT COUNT(*) AS n, COUNT(c.car) AS found, SUM(c.seats) AS seats FROM trips AS t LEFT JOIN cars /*+ OPTIONS('lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '2') */ FOR SYSTEM_TIME AS OF t.now_ts AS c ON t.car = c.car;
SELECT COUNT(*) AS n, COUNT(c.car) AS found, SUM(c.seats) AS seats FROM trips AS t LEFT JOIN cars /*+ OPTIONS('lookup.cache' = 'PARTIAL', 'lookup.partial-cache.expire-after-write' = '1 ms', 'lookup.partial-cache.expire-after-access' = '1 ms', 'lookup.partial-cache.cache-missing-key' = 'false') */ FOR SYSTEM_TIME AS OF t.now_ts AS c ON t.car = c.car;
SELECT COUNT(*) AS n, COUNT(c.car) AS found, SUM(c.seats) AS seats FROM trips AS t LEFT JOIN cars /*+ OPTIONS('lookup.cache' = 'FULL', 'lookup.full-cache.periodic-reload.interval' = '1 h') */ FOR SYSTEM_TIME AS OF t.now_ts AS c ON t.car = c.car;
SELECT COUNT(*) AS n, COUNT(c.car) AS found, SUM(c.seats) AS seats FROM trips AS t LEFT JOIN cars AS c ON t.car = c.car;
SELECT c.owner, COUNT(*) AS n FROM trips AS t JOIN cars FOR SYSTEM_TIME AS OF t.now_ts AS c ON c.seats = t.km AND c.car = t.car GROUP BY c.owner;
CREATE VIEW rides AS SELECT t.ts, c.owner, c.seats FROM trips AS t JOIN cars FOR SYSTEM_TIME AS OF t.now_ts AS c ON t.car = c.car;
SELECT window_start, owner, COUNT(*) AS n, SUM(seats) AS s FROM TABLE(TUMBLE(TABLE rides, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, owner;
