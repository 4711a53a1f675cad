CREATE TABLE disorder (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_disorder.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM disorder MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, FIRST(B.id) AS fB, LAST(B.id) AS lB, SUM(B.v) AS sB, FIRST(C.id) AS fC, LAST(C.id) AS lC, SUM(C.v) AS sC, COUNT(*) AS n, FIRST(v, 1) + LAST(w) AS e
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A{2,} B C{0,}?) WITHIN INTERVAL '22' SECOND
  DEFINE A AS A.v >= 1 OR v > 8, B AS B.v <= 7 AND B.v < 1, C AS C.v >= 0
) AS T;
