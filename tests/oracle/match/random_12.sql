CREATE TABLE line (id INT, k STRING, v INT, w INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '0' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/match_line.json', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
SELECT * FROM line MATCH_RECOGNIZE (PARTITION BY k
  ORDER BY ts
  MEASURES FIRST(A.id) AS fA, LAST(A.id) AS lA, LAST(A.s, 0) AS xA, FIRST(B.id) AS fB, LAST(B.id) AS lB, FIRST(C.id) AS fC, LAST(C.id) AS lC, FIRST(D.id) AS fD, LAST(D.id) AS lD, FIRST(E.id) AS fE, LAST(E.id) AS lE, LAST(E.s, 1) AS xE, COUNT(*) AS n, MIN(s) AS ms
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A{2,}? B C? D{2,}? E{0,2}?)
  DEFINE A AS A.v <= 4, B AS B.v > 0, C AS C.v < 3, D AS (LAST(D.v, 1) IS NULL OR D.v < LAST(D.v, 1)), E AS E.v > 3 OR E.v < 9
) AS T;
