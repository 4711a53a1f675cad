CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts, v DESC, id
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, COUNT(*) AS n, MATCH_ROWTIME() AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST B
  PATTERN (A+? B+? C)
  DEFINE A AS A.v >= 2 AND A.v <= 7, C AS (LAST(B.w, 1) IS NULL OR C.w >= FIRST(B.w, 0))
) AS T;
