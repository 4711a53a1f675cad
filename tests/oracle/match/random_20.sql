CREATE TABLE keys (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_keys.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM keys MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, LAST(A.s, 1) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, COUNT(*) AS n, AVG(v) AS a
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{0,2}? B{1,3}?)
  DEFINE A AS A.v <= 2, B AS B.v <= 2
) AS T;
