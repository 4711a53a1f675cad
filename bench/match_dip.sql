-- Falling, then rising bids of every auction: conditions that look at the rows before.
CREATE TABLE nexmark (
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
             `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
          `dateTime` TIMESTAMP(3), extra STRING>,
  `dateTime` AS CASE WHEN event_type = 0 THEN person.`dateTime`
                     WHEN event_type = 1 THEN auction.`dateTime` ELSE bid.`dateTime` END,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'events.num' = '${EVENTS}');
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
