-- Who sells in some states: auctions joined with people.
CREATE TABLE nowhere (name STRING, city STRING, state STRING, id BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT p.name, p.city, p.state, a.id FROM auction AS a JOIN person AS p ON a.seller = p.id
       WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA');
