-- A statement set scans its source once.
CREATE TABLE trips (
  id INT, car STRING, fare DECIMAL(6, 2), km INT, ts TIMESTAMP(3), tag STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/trips.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE a (car STRING, n BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE b (id INT) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO a SELECT car, COUNT(*) FROM trips GROUP BY car;
INSERT INTO b SELECT id FROM trips WHERE km > 4;
END;
