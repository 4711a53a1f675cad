CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (
  ORDER BY ts, w
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, LAST(B.s, 1) AS xB, FIRST(C.id) AS fC, LAST(C.id) AS lC, SUM(C.v) AS sC, COUNT(*) AS n, LAST(ts) AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A*? B{2} C+?) WITHIN INTERVAL '6' SECOND
  DEFINE A AS (LAST(A.v, 1) IS NULL OR A.v < LAST(A.v, 1)), B AS (LAST(B.v, 1) IS NULL OR B.v <= LAST(B.v, 1)), C AS C.v < 4 OR C.v > 2
) AS T;
