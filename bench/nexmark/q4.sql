-- Average of the winning prices per category: interval join, maximum per auction, average over what changes.
CREATE TABLE nowhere (category BIGINT, avg_final BIGINT)
WITH ('connector' = 'blackhole');
INSERT INTO nowhere
SELECT category, AVG(final_price) AS avg_final
FROM (SELECT a.category, MAX(b.price) AS final_price
      FROM auction a JOIN bid b ON a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
      GROUP BY a.id, a.category)
GROUP BY category;
