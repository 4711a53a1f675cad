-- Totals and distinct counts per channel and day.
CREATE TABLE nowhere (channel STRING, d STRING, hm STRING, total_bids BIGINT NOT NULL, rank1_bids BIGINT NOT NULL,
                      rank3_bids BIGINT NOT NULL, bidders BIGINT NOT NULL, rank1_bidders BIGINT NOT NULL,
                      auctions BIGINT NOT NULL, rank3_auctions BIGINT NOT NULL)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS d, MAX(DATE_FORMAT(`dateTime`, 'HH:mm')) AS hm,
  COUNT(*) AS total_bids, COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
    COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
  COUNT(DISTINCT bidder) AS bidders, COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders,
  COUNT(DISTINCT auction) AS auctions, COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions
FROM bid GROUP BY channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
