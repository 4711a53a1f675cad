CREATE TABLE t (k INT, g INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' DAY) WITH ('connector'='filesystem','path'='${DATA}/emptied.json','format'='debezium-json');
SELECT g, window_start, window_end, MAX(v) FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY g, window_start, window_end;
