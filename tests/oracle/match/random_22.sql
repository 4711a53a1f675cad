CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, LAST(A.s, 1) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, LAST(B.s, 2) AS xB, COUNT(*) AS n, MAX(v) AS m
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{0,}? B) WITHIN INTERVAL '20' SECOND
  DEFINE B AS B.v >= 2 AND SUM(B.v) < 25
) AS T;
