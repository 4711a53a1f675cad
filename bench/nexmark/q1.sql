-- Bids with their price in euros.
CREATE TABLE nowhere (auction BIGINT, bidder BIGINT, price_euro DECIMAL(24, 3), `dateTime` TIMESTAMP(3),
                      extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, bidder, 0.908 * price AS price_euro, `dateTime`, extra FROM bid;
