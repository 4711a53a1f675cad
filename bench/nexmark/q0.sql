-- Bids with some of their fields.
CREATE TABLE nowhere (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, bidder, price, `dateTime`, extra FROM bid;
