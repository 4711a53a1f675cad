-- What the passes of the optimizer do: filters move down, fields of rows, equal subplans, buckets of DISTINCT; and without them.
CREATE TABLE events (
  event_type INT,
  auction ROW<id BIGINT, itemName STRING, seller BIGINT, category BIGINT>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, url STRING>
) WITH ('connector' = 'nexmark', 'events.num' = '1000');
CREATE VIEW a AS SELECT auction.id, auction.category, auction.seller FROM events WHERE event_type = 1;
CREATE VIEW b AS SELECT bid.auction, bid.bidder, bid.price FROM events WHERE event_type = 2;
CREATE VIEW per_auction AS SELECT auction, COUNT(*) AS n FROM b GROUP BY auction;
SELECT a.id, b.price FROM a LEFT JOIN b ON a.id = b.auction AND b.price > 100 WHERE a.category = 10;
SELECT x.auction, x.n FROM per_auction x JOIN per_auction y ON x.auction = y.n WHERE x.auction < 1010;
SET 'table.optimizer.distinct-agg.split.enabled' = 'true';
SELECT auction, COUNT(DISTINCT bidder), MAX(price) FROM b GROUP BY auction;
SET 'weir.optimizer.filter-push-down' = 'false';
SET 'weir.optimizer.subfield-push-down' = 'false';
SET 'weir.optimizer.subplan-sharing' = 'false';
SET 'weir.optimizer.scan-sharing' = 'false';
SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';
SELECT x.auction, x.n FROM per_auction x JOIN per_auction y ON x.auction = y.n WHERE x.auction < 1010;
