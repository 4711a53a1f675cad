CREATE TABLE disorder (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_disorder.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM disorder MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, LAST(A.s, 1) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, COUNT(*) AS n, MIN(s) AS ms
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{0,2}? B+? C)
  DEFINE A AS A.v > 9, C AS C.v >= 7
) AS T;
