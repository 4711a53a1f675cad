CREATE TABLE t (k INT, g INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' DAY) WITH ('connector'='filesystem','path'='${DATA}/emptied.json','format'='debezium-json');
SELECT g, TUMBLE_END(ts, INTERVAL '10' SECOND) AS e, MAX(v) FROM t GROUP BY g, TUMBLE(ts, INTERVAL '10' SECOND);
