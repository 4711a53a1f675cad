-- All forms of literals.
SELECT 1 AS i, -2147483648 AS lo, 2147483648 AS l, 9223372036854775807 AS big, 1.50 AS d, .5 AS half, 1e3 AS e, 1.5E-2 AS e2;
SELECT 'it''s' AS s, '' AS nothing, U&'\00e9\4e2d' AS u, x'0aFF' AS b, TRUE AS t, FALSE AS f, CAST(NULL AS INT) AS n;
SELECT DATE '2024-02-29' AS d, TIME '23:59:58' AS t, TIMESTAMP '2024-01-01 00:00:00' AS ts0, TIMESTAMP '2024-01-01 00:00:00.123456' AS ts6;
SELECT INTERVAL '90' MINUTE AS m, INTERVAL '1 02:03:04.5' DAY TO SECOND AS ds, INTERVAL '2-3' YEAR TO MONTH AS ym, INTERVAL -'1' DAY AS neg;
SELECT ARRAY[1, 2, NULL] AS a, MAP['k', 1, 'l', 2] AS m, ROW(1, 'x', TRUE) AS r, ARRAY[ARRAY[1], ARRAY[2, 3]] AS aa;
SELECT `quoted name` AS `a b`, `SELECT` FROM (VALUES (1, 'x')) AS t (`quoted name`, `SELECT`);
SELECT /* a comment */ 1 AS a -- another
;
