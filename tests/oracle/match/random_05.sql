CREATE TABLE disorder (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_disorder.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM disorder MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts, w
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, LAST(A.s, 1) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, LAST(B.s, 0) AS xB, FIRST(C.id) AS fC, LAST(C.id) AS lC, FIRST(D.id) AS fD, LAST(D.id) AS lD, COUNT(*) AS n, MAX(v) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B? C{0,}? D) WITHIN INTERVAL '12' SECOND
  DEFINE B AS (LAST(B.v, 1) IS NULL OR B.v <= LAST(B.v, 1)), C AS C.v <= 0, D AS D.v >= 5
) AS T;
