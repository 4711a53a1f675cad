-- Filters above every kind of operator: moved down or not, the rows are the same.
CREATE TABLE s (
  seq INT, dev STRING, zone STRING, temp DOUBLE, hits INT, ok BOOLEAN, volt DECIMAL(8, 3), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/sensors.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE VIEW few AS SELECT seq, dev, zone, hits FROM s WHERE seq < 40;
CREATE VIEW third AS SELECT seq, dev, hits, ok FROM s WHERE MOD(seq, 3) = 0;
SELECT a.seq, a.zone, b.hits FROM few a LEFT JOIN third b ON a.seq = b.seq AND b.hits > 20 WHERE a.hits > 10;
SELECT a.seq, a.zone, b.hits FROM few a LEFT JOIN third b ON a.seq = b.seq WHERE b.hits > 20;
SELECT a.seq, a.zone, b.hits FROM few a LEFT JOIN third b ON a.seq = b.seq AND a.hits > 20 WHERE b.hits IS NULL;
SELECT a.zone, b.seq, b.hits FROM few a RIGHT JOIN third b ON a.seq = b.seq AND a.hits > 20 WHERE b.seq < 60 AND (a.zone IS NULL OR a.zone <> 'z');
SELECT a.seq, b.seq AS s2 FROM few a FULL JOIN third b ON a.seq = b.seq AND a.hits > 5 WHERE a.seq > 30 OR b.seq > 90 AND b.seq < 130;
SELECT seq, dev FROM few WHERE seq IN (SELECT seq FROM third WHERE hits > 3) AND hits > 8;
SELECT seq, dev FROM few a WHERE NOT EXISTS (SELECT 1 FROM third b WHERE a.seq = b.seq AND b.hits > 3) AND hits > 8;
SELECT a.seq, b.seq AS s2, a.dev FROM few a, third b WHERE a.dev = b.dev AND a.seq < 6 AND b.seq < a.seq + 9 AND b.ok;
SELECT * FROM (SELECT zone, dev, COUNT(*) AS n, SUM(hits) AS h FROM s GROUP BY zone, dev) WHERE zone <> 'north' AND n > 2 AND CHAR_LENGTH(dev) = 2;
SELECT * FROM (SELECT dev, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '20' SECOND)) GROUP BY dev, window_start, window_end) WHERE dev = 'd1' AND window_start >= TIMESTAMP '2024-06-01 00:00:20' AND n > 0;
SELECT * FROM (SELECT seq, hits AS v FROM few UNION ALL SELECT seq, hits + 100 FROM third) WHERE v > 60 AND v < 140;
SELECT * FROM (SELECT dev FROM few INTERSECT SELECT dev FROM third) WHERE dev > 'd2';
SELECT * FROM (SELECT dev FROM s EXCEPT SELECT dev FROM few WHERE hits > 50) WHERE dev <> 'd3';
SELECT seq, dev, rn FROM (SELECT seq, dev, zone, ROW_NUMBER() OVER (PARTITION BY dev ORDER BY hits DESC, seq) AS rn FROM s) WHERE rn <= 2 AND dev <> 'd2' AND seq > 5;
SELECT dev, k FROM (SELECT dev, seq, k FROM few CROSS JOIN UNNEST(ARRAY[seq, hits]) AS t (k)) WHERE dev = 'd1' AND k > 3 AND seq < 30;
SELECT zone, n FROM (SELECT zone, COUNT(*) AS n FROM s WHERE seq > 3 GROUP BY GROUPING SETS ((zone), ())) WHERE zone IS NULL OR n > 5;
