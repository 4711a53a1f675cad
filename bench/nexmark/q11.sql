-- Bids per bidder and session.
CREATE TABLE nowhere (bidder BIGINT, bid_count BIGINT NOT NULL, window_start TIMESTAMP(3) NOT NULL,
                      window_end TIMESTAMP(3) NOT NULL)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT bidder, COUNT(*) AS bid_count, window_start, window_end
FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;
