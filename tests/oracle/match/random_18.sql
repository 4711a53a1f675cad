CREATE TABLE disorder (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_disorder.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM disorder MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, LAST(C.s, 1) AS xC, COUNT(*) AS n, MATCH_ROWTIME() AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST B
  PATTERN (A{0,2}? B{2,3} C{0,2}?)
  DEFINE B AS B.v > 3
) AS T;
