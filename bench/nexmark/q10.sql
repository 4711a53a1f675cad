-- Bids with the day and the minute.
CREATE TABLE nowhere (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING,
                      dt STRING, hm STRING)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, bidder, price, `dateTime`, extra, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS dt,
       DATE_FORMAT(`dateTime`, 'HH:mm') AS hm FROM bid;
