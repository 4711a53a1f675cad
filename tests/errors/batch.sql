--- endless-source
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE g (id INT) WITH ('connector' = 'datagen');
SELECT id FROM g;
--- watched-folder
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE f (id INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}', 'format' = 'json', 'source.monitor-interval' = '1 s');
SELECT id FROM f;
--- window-by-the-clock
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE g (id INT, p AS PROCTIME()) WITH ('connector' = 'datagen', 'number-of-rows' = '10');
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(p), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
--- unknown-mode
SET 'execution.runtime-mode' = 'bach';
