CREATE TABLE disorder (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_disorder.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM disorder MATCH_RECOGNIZE (
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, LAST(A.s, 1) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, LAST(B.s, 0) AS xB, FIRST(C.id) AS fC, LAST(C.id) AS lC, SUM(C.v) AS sC, FIRST(D.id) AS fD, LAST(D.id) AS lD, SUM(D.v) AS sD, FIRST(E.id) AS fE, LAST(E.id) AS lE, SUM(E.v) AS sE, COUNT(*) AS n, AVG(v) AS a
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST D
  PATTERN (A{1,3}? B C{0,2}? D+? E{0,}?)
  DEFINE C AS C.v <= 4, E AS E.v < 8 OR E.v > 9
) AS T;
