-- Bidders who bid next to nothing and, as their very next bid and within a minute, a fortune: conditions on single rows.
CREATE TABLE nowhere (bidder BIGINT, low_at TIMESTAMP(3), low BIGINT, high_at TIMESTAMP(3), high BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW bids AS SELECT bid.bidder AS bidder, bid.price AS price, `dateTime` AS at_time FROM nexmark WHERE event_type = 2;
INSERT INTO nowhere
SELECT * FROM bids MATCH_RECOGNIZE (
  PARTITION BY bidder ORDER BY at_time
  MEASURES low.at_time AS low_at, low.price AS low, high.at_time AS high_at, high.price AS high
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (low high) WITHIN INTERVAL '1' MINUTE
  DEFINE low AS low.price < 200, high AS high.price > 10000000);
