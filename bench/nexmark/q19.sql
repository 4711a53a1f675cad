-- The ten highest bids of every auction: Top-N.
CREATE TABLE nowhere (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), rn BIGINT NOT NULL)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, bidder, price, `dateTime`, rn
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, bidder, `dateTime`,
       url) AS rn FROM bid) WHERE rn <= 10;
