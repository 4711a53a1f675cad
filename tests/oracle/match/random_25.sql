CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts, w
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, SUM(B.v) AS sB, LAST(B.s, 2) AS xB, FIRST(C.id) AS fC, LAST(C.id) AS lC, COUNT(*) AS n, MAX(v) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A{0,2}? B C)
  DEFINE A AS (LAST(A.v, 1) IS NULL OR A.v >= LAST(A.v, 1)), B AS B.v > 2, C AS C.v <= 0
) AS T;
