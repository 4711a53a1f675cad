CREATE TABLE keys (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_keys.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM keys MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, SUM(A.v) AS sA, LAST(A.s, 0) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, SUM(B.v) AS sB, COUNT(*) AS n, MATCH_ROWTIME() AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{2,}?)
  DEFINE A AS A.v > 5
) AS T;
