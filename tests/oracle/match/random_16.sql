CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, COUNT(*) AS n, FIRST(v, 1) + LAST(w) AS e
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO FIRST C
  PATTERN (A B C) WITHIN INTERVAL '21' SECOND
  DEFINE A AS A.v >= 4, B AS B.v < 2 OR (LAST(B.v, 1) IS NULL OR B.v <= LAST(B.v, 1))
) AS T;
