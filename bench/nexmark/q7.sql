-- The highest bids of every 10 seconds.
CREATE TABLE nowhere (auction BIGINT, price BIGINT, bidder BIGINT, `dateTime` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT b.auction, b.price, b.bidder, b.`dateTime`, b.extra
FROM bid b
JOIN (SELECT MAX(price) AS max_price, window_end
      FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end) m
ON b.price = m.max_price
WHERE b.`dateTime` BETWEEN m.window_end - INTERVAL '10' SECOND AND m.window_end;
