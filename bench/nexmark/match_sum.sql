-- Bids of an auction until they add up to a million: an aggregate in a condition.
CREATE TABLE nowhere (auction BIGINT, from_time TIMESTAMP(3), bids BIGINT, total BIGINT, last_price BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW bids AS SELECT bid.auction AS auction, bid.price AS price, `dateTime` AS at_time FROM nexmark WHERE event_type = 2;
INSERT INTO nowhere
SELECT * FROM bids MATCH_RECOGNIZE (
  PARTITION BY auction ORDER BY at_time
  MEASURES FIRST(a.at_time) AS from_time, COUNT(a.price) AS bids, SUM(a.price) AS total, b.price AS last_price
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (a+ b)
  DEFINE a AS SUM(a.price) < 1000000);
