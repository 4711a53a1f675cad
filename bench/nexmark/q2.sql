-- Bids on some auctions.
CREATE TABLE nowhere (auction BIGINT, price BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;
