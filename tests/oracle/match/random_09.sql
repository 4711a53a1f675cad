CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts, v DESC, id
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, FIRST(D.id) AS fD, LAST(D.id) AS lD, FIRST(E.id) AS fE, LAST(E.id) AS lE, COUNT(*) AS n, MAX(v) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A{1,3}? B{0,}? C+? D{2,} E)
  DEFINE A AS v > 5, C AS C.v < 7, D AS v < 8, E AS (FIRST(C.w, 2) IS NULL OR E.w >= LAST(C.w, 0))
) AS T;
