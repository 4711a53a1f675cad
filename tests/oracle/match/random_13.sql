CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, LAST(C.s, 1) AS xC, FIRST(D.id) AS fD, LAST(D.id) AS lD, FIRST(E.id) AS fE, LAST(E.id) AS lE, COUNT(*) AS n, FIRST(v, 1) + LAST(w) AS e
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{0,}? B{1,2} C{0,2} D{0,2}? E+?) WITHIN INTERVAL '21' SECOND
  DEFINE B AS B.v >= 3 AND COUNT(*) < 7, C AS AVG(B.v) < 5 OR C.v <= 0, D AS D.v > 7, E AS COUNT(C.id) < 1
) AS T;
