-- Falling, then rising bids of every auction: conditions that look at the rows before.
CREATE TABLE nowhere (auction BIGINT, from_time TIMESTAMP(3), lowest BIGINT, steps BIGINT, last_price BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW bids AS SELECT bid.auction AS auction, bid.price AS price, `dateTime` AS at_time FROM nexmark WHERE event_type = 2;
INSERT INTO nowhere
SELECT * FROM bids MATCH_RECOGNIZE (
  PARTITION BY auction ORDER BY at_time
  MEASURES top.at_time AS from_time, LAST(down.price) AS lowest, COUNT(down.price) AS steps, up.price AS last_price
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (top down+ up) WITHIN INTERVAL '1' MINUTE
  DEFINE
    down AS down.price < LAST(down.price, 1) OR (LAST(down.price, 1) IS NULL AND down.price < top.price),
    up AS up.price > LAST(down.price));
