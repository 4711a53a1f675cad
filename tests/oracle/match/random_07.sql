CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, COUNT(*) AS n, MIN(s) AS ms
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST B
  PATTERN (A+ B+?)
  DEFINE A AS (LAST(A.v, 1) IS NULL OR A.v < LAST(A.v, 1)), B AS B.v > 6
) AS T;
