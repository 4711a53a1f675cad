-- Auctions with the most bids in windows of 10 seconds every 2 seconds.
CREATE TABLE nowhere (auction BIGINT, num BIGINT NOT NULL) WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT counts.auction, counts.num
FROM (SELECT auction, COUNT(*) AS num, window_start, window_end
      FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
      GROUP BY auction, window_start, window_end) counts
JOIN (SELECT MAX(num) AS max_num, window_start, window_end
      FROM (SELECT COUNT(*) AS num, window_start, window_end
            FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
            GROUP BY auction, window_start, window_end)
      GROUP BY window_start, window_end) best
ON counts.window_start = best.window_start AND counts.window_end = best.window_end AND counts.num >= best.max_num;
