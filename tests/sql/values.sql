-- VALUES as a query, in FROM, and with mixed types.
VALUES (1, 'a'), (2, 'b'), (2, 'b');
SELECT * FROM (VALUES (1, 1.5), (2, 2)) AS t (a, b);
SELECT a, COUNT(*) AS n FROM (VALUES ('x'), ('y'), ('x'), (CAST(NULL AS STRING))) AS t (a) GROUP BY a;
SELECT b + 1 AS c FROM (VALUES (CAST(1 AS BIGINT)), (2)) AS t (b) WHERE b > 1;
