-- Bids with their auction: join.
CREATE TABLE nowhere (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, `dateTime` TIMESTAMP(3),
                      itemName STRING, initialBid BIGINT, reserve BIGINT, expires TIMESTAMP(3), seller BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT b.auction, b.bidder, b.price, b.channel, b.`dateTime`, a.itemName, a.initialBid, a.reserve, a.expires,
       a.seller FROM bid AS b JOIN auction AS a ON b.auction = a.id WHERE a.category = 10;
