CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, LAST(C.s, 1) AS xC, FIRST(D.id) AS fD, LAST(D.id) AS lD, SUM(D.v) AS sD, FIRST(E.id) AS fE, LAST(E.id) AS lE, COUNT(*) AS n, MATCH_ROWTIME() AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{2,}? C{0,2}? D*? E)
  DEFINE A AS A.v < 6, C AS C.v > 0 AND COUNT(C.id) < 2, D AS D.v <= 1, E AS E.v >= LAST(E.v)
) AS T;
