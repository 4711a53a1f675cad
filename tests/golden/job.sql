-- What golden savepoints are made of: every kind of state. Changing it needs a new set (tools/golden).
CREATE TABLE bids (id BIGINT, who STRING, item INT, price DECIMAL(10, 2), score DOUBLE, tags ARRAY<STRING>, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) WITH ('connector' = 'filesystem', 'path' = 'bids.json', 'format' = 'json');
CREATE TABLE items (item INT, name STRING, since TIMESTAMP(3), PRIMARY KEY (item) NOT ENFORCED, WATERMARK FOR since AS since)
  WITH ('connector' = 'filesystem', 'path' = 'items.json', 'format' = 'json');
CREATE TABLE totals (who STRING, n BIGINT, items BIGINT, low DECIMAL(10, 2), high DECIMAL(10, 2), total DECIMAL(38, 2), firsts BIGINT, names STRING,
  PRIMARY KEY (who) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${OUT}/totals.json', 'format' = 'json');
CREATE TABLE hops (a TIMESTAMP(3), b TIMESTAMP(3), item INT, n BIGINT, top DOUBLE, whos BIGINT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/hops.json', 'format' = 'json');
CREATE TABLE grown (a TIMESTAMP(3), b TIMESTAMP(3), n BIGINT, total DECIMAL(38, 2)) WITH ('connector' = 'filesystem', 'path' = '${OUT}/grown.json', 'format' = 'json');
CREATE TABLE visits (a TIMESTAMP(3), b TIMESTAMP(3), who STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/visits.json', 'format' = 'json');
CREATE TABLE best (item INT, id BIGINT, price DECIMAL(10, 2), place BIGINT, PRIMARY KEY (item, place) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/best.json', 'format' = 'json');
CREATE TABLE newest (who STRING, id BIGINT, tags ARRAY<STRING>, PRIMARY KEY (who) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${OUT}/newest.json', 'format' = 'json');
CREATE TABLE pairs (l BIGINT, r BIGINT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/pairs.json', 'format' = 'json');
CREATE TABLE named (id BIGINT, name STRING) WITH ('connector' = 'filesystem', 'path' = '${OUT}/named.json', 'format' = 'json');
CREATE TABLE joined (id BIGINT, name STRING) WITH ('connector' = 'filesystem', 'path' = '${OUT}/joined.json', 'format' = 'json');
CREATE TABLE sums (id BIGINT, n BIGINT, total DECIMAL(38, 2)) WITH ('connector' = 'filesystem', 'path' = '${OUT}/sums.json', 'format' = 'json');
CREATE TABLE rises (item INT, a BIGINT, b BIGINT, mean DECIMAL(38, 6)) WITH ('connector' = 'filesystem', 'path' = '${OUT}/rises.json', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO totals SELECT who, COUNT(*), COUNT(DISTINCT item), MIN(price), MAX(price), SUM(price), COUNT(*) FILTER (WHERE item = 1),
  LISTAGG(DISTINCT CAST(item AS STRING)) FROM bids GROUP BY who;
INSERT INTO hops SELECT window_start, window_end, item, COUNT(*), MAX(score), COUNT(DISTINCT who)
  FROM TABLE(HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY window_start, window_end, item;
INSERT INTO grown SELECT window_start, window_end, COUNT(*), SUM(price)
  FROM TABLE(CUMULATE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '60' SECOND)) GROUP BY window_start, window_end;
INSERT INTO visits SELECT window_start, window_end, who, COUNT(*)
  FROM TABLE(SESSION(TABLE bids PARTITION BY who, DESCRIPTOR(ts), INTERVAL '4' SECOND)) GROUP BY window_start, window_end, who;
INSERT INTO best SELECT item, id, price, place FROM (SELECT item, id, price, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC, id) AS place FROM bids)
  WHERE place <= 3;
INSERT INTO newest SELECT who, id, tags FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY who ORDER BY ts DESC) AS n FROM bids) WHERE n = 1;
INSERT INTO pairs SELECT l.id, r.id FROM bids l, bids r WHERE l.item = r.item AND l.who <> r.who AND r.ts BETWEEN l.ts AND l.ts + INTERVAL '2' SECOND;
INSERT INTO named SELECT b.id, i.name FROM bids b JOIN items FOR SYSTEM_TIME AS OF b.ts AS i ON b.item = i.item;
INSERT INTO joined SELECT b.id, i.name FROM bids b JOIN (SELECT item, name, since FROM items) i ON b.item = i.item AND b.price < 20;
INSERT INTO sums SELECT id, COUNT(*) OVER w, SUM(price) OVER w FROM bids WINDOW w AS (PARTITION BY item ORDER BY ts ROWS BETWEEN 4 PRECEDING AND CURRENT ROW);
INSERT INTO rises SELECT * FROM bids MATCH_RECOGNIZE (PARTITION BY item ORDER BY ts MEASURES FIRST(A.id) AS a, B.id AS b, AVG(A.price) AS mean
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A+ B) WITHIN INTERVAL '30' SECOND DEFINE A AS A.price < 50, B AS B.price > 90);
END;
