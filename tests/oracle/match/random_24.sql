CREATE TABLE keys (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_keys.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM keys MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts, v DESC, id
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, LAST(A.s, 1) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, FIRST(D.id) AS fD, LAST(D.id) AS lD, COUNT(*) AS n, AVG(v) AS a
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A*? B{2,}? C{0,}? D{2})
  DEFINE B AS B.v >= 5, C AS v > 8, D AS D.v >= LAST(D.v)
) AS T;
