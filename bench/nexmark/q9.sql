-- The winning bid of every auction: interval join, Top-1.
CREATE TABLE nowhere (id BIGINT, itemName STRING, seller BIGINT, category BIGINT, bidder BIGINT, price BIGINT,
                      bid_time TIMESTAMP(3))
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT id, itemName, seller, category, bidder, price, bid_time
FROM (SELECT a.id, a.itemName, a.seller, a.category, b.bidder, b.price, b.`dateTime` AS bid_time,
             ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.`dateTime` ASC, b.bidder ASC) AS rn
      FROM auction a JOIN bid b ON a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires)
WHERE rn = 1;
