-- weir only: late rows of interval joins. Every file is an epoch: what the first files let go is gone when the second ones come.
CREATE TABLE l (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${DATA}/interval_left', 'format' = 'json');
CREATE TABLE r (id INT, k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '${DATA}/interval_right', 'format' = 'json');
CREATE TABLE late (id INT, k STRING, ts TIMESTAMP(3), `window-end` TIMESTAMP(3), operator STRING) WITH ('connector' = 'print');
SET 'weir.late-rows.table' = 'late';
-- 3 finds 12 gone and is late for good; 4 comes late and still meets 14; 16 is of the side that is not preserved.
SELECT l.id, r.id FROM l JOIN r ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL '1' SECOND AND l.ts + INTERVAL '2' SECOND;
SELECT l.id, r.id FROM l LEFT JOIN r ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL '1' SECOND AND l.ts + INTERVAL '2' SECOND;
SELECT l.id, r.id FROM l FULL JOIN r ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL '1' SECOND AND l.ts + INTERVAL '2' SECOND;
