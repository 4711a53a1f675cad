-- People who opened an auction within the 10 seconds in which they appeared: window join.
CREATE TABLE nowhere (id BIGINT, name STRING, window_start TIMESTAMP(3) NOT NULL)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT p.id, p.name, p.window_start
FROM (SELECT id, name, window_start, window_end
      FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)) GROUP BY id, name,
        window_start, window_end) p
JOIN (SELECT seller, window_start, window_end
      FROM TABLE(TUMBLE(TABLE auction, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)) GROUP BY seller,
        window_start, window_end) a
ON p.id = a.seller AND p.window_start = a.window_start AND p.window_end = a.window_end;
