CREATE TABLE keys (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_keys.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM keys MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts, w
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, SUM(B.v) AS sB, COUNT(*) AS n, LAST(ts) AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST B
  PATTERN (A B{2,}?)
  DEFINE A AS (LAST(A.v, 1) IS NULL OR A.v < LAST(A.v, 1))
) AS T;
