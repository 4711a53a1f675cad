CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, FIRST(B.id) AS fB, LAST(B.id) AS lB, SUM(B.v) AS sB, FIRST(C.id) AS fC, LAST(C.id) AS lC, COUNT(*) AS n, LAST(ts) AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST C
  PATTERN (A? B+ C+?)
  DEFINE B AS AVG(B.v) < 4
) AS T;
