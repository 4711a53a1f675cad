-- Bidders who bid next to nothing and, as their very next bid and within a minute, a fortune: conditions on single rows.
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
CREATE TABLE nowhere (bidder BIGINT, low_at TIMESTAMP(3), low BIGINT, high_at TIMESTAMP(3), high BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW bids AS SELECT bid.bidder AS bidder, bid.price AS price, `dateTime` AS at_time FROM nexmark WHERE event_type = 2;
INSERT INTO nowhere
SELECT * FROM bids MATCH_RECOGNIZE (
  PARTITION BY bidder ORDER BY at_time
  MEASURES low.at_time AS low_at, low.price AS low, high.at_time AS high_at, high.price AS high
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (low high) WITHIN INTERVAL '1' MINUTE
  DEFINE low AS low.price < 200, high AS high.price > 10000000);
