-- Statistics of prices per auction and day.
CREATE TABLE nowhere (auction BIGINT, d STRING, total_bids BIGINT NOT NULL, rank1_bids BIGINT NOT NULL,
                      min_price BIGINT, max_price BIGINT, avg_price BIGINT, sum_price BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS d, COUNT(*) AS total_bids,
       COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
  MIN(price) AS min_price, MAX(price) AS max_price, AVG(price) AS avg_price, SUM(price) AS sum_price
FROM bid GROUP BY auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
