-- Bids in a price range with computed fields.
CREATE TABLE nowhere (auction BIGINT, bidder BIGINT, price_euro DECIMAL(24, 3), bid_time_type VARCHAR(9) NOT NULL,
                      `dateTime` TIMESTAMP(3), c_count INT)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, bidder, 0.908 * price AS price_euro,
  CASE WHEN HOUR(`dateTime`) BETWEEN 8 AND 18 THEN 'dayTime' WHEN HOUR(`dateTime`) <= 6
    OR HOUR(`dateTime`) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bid_time_type,
  `dateTime`, CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', '')) AS c_count
FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;
