CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, FIRST(D.id) AS fD, LAST(D.id) AS lD, COUNT(*) AS n, MAX(v) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST C
  PATTERN (A+ B{1,3}? C D)
  DEFINE A AS A.v <= 4 AND SUM(A.v) < 35, D AS D.v < FIRST(C.v)
) AS T;
