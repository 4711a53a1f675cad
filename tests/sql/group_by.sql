-- GROUP BY without windows: updating results, HAVING, FILTER, DISTINCT, retraction.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT car, COUNT(*) AS n, COUNT(km) AS k, SUM(fare) AS s, AVG(km) AS a, MIN(fare) AS lo, MAX(tag) AS hi FROM trips GROUP BY car;
SELECT COUNT(*) AS n, SUM(km) AS s, COUNT(DISTINCT car) AS c, AVG(fare) AS a FROM trips;
SELECT car, COUNT(*) FILTER (WHERE km > 2) AS far, SUM(fare) FILTER (WHERE tag = 'x') AS x FROM trips GROUP BY car;
SELECT car, SUM(km) AS s FROM trips GROUP BY car HAVING SUM(km) > 12;
SELECT DISTINCT car, tag FROM trips;
SELECT n, COUNT(*) AS cars, SUM(s) AS total FROM (SELECT car, COUNT(*) AS n, SUM(km) AS s FROM trips GROUP BY car) GROUP BY n;
SELECT MAX(s) AS hi, MIN(s) AS lo FROM (SELECT car, SUM(km) AS s FROM trips GROUP BY car);
SELECT car, tag, COUNT(*) AS n, GROUPING(car) AS g, GROUPING_ID(car, tag) AS gid FROM trips GROUP BY GROUPING SETS ((car, tag), (car), ());
SELECT car, tag, SUM(km) AS s FROM trips GROUP BY ROLLUP (car, tag);
SELECT tag, km > 3 AS far, COUNT(*) AS n FROM trips GROUP BY CUBE (tag, km > 3);
SELECT km > 3 AS far, car IS NULL AS nobody, COUNT(*) AS n FROM trips GROUP BY km > 3, car IS NULL;
SELECT car, FIRST_VALUE(id) AS f, LAST_VALUE(id) AS l, LISTAGG(tag) AS t, LISTAGG(tag, '+') AS p, COLLECT(km) AS c FROM trips GROUP BY car;
SELECT car, STDDEV_POP(km) AS a, STDDEV_SAMP(fare) AS b, VAR_POP(CAST(km AS DOUBLE)) AS c, VAR_SAMP(CAST(km AS DOUBLE)) AS d, SUM(DISTINCT km) AS e FROM trips GROUP BY car;
SELECT COUNT(*) AS n FROM trips WHERE id > 100;
SELECT car, COUNT(*) AS n FROM trips WHERE id > 100 GROUP BY car;
