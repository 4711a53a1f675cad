CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, FIRST(B.id) AS fB, LAST(B.id) AS lB, LAST(B.s, 2) AS xB, FIRST(C.id) AS fC, LAST(C.id) AS lC, FIRST(D.id) AS fD, LAST(D.id) AS lD, FIRST(E.id) AS fE, LAST(E.id) AS lE, COUNT(*) AS n, MAX(v) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A+? B C+? D E)
  DEFINE A AS (LAST(A.v, 1) IS NULL OR A.v >= LAST(A.v, 1)) AND A.v <= 2, C AS C.v <= 8, D AS D.v <= 5, E AS E.v >= 0 AND (LAST(E.v, 1) IS NULL OR E.v < LAST(E.v, 1))
) AS T;
