-- ALTER TABLE: what stays of the rows, and of what was said of the table
CREATE TABLE t (a INT NOT NULL, b STRING COMMENT 'bee', c AS a + 1) COMMENT 'tt'
WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '9', 'fields.b.length' = '1');
CREATE VIEW v AS SELECT a, c FROM t;
ALTER TABLE t ADD (d INT COMMENT 'dee' FIRST, e AS a * 2 AFTER b, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (a) NOT ENFORCED);
ALTER TABLE t MODIFY (b BIGINT AFTER ts, c AS a + 10);
ALTER TABLE t DROP WATERMARK;
ALTER TABLE t DROP (d, ts);
ALTER TABLE t RENAME b TO bee;
ALTER TABLE t DROP PRIMARY KEY;
ALTER TABLE t SET ('fields.bee.kind' = 'sequence', 'fields.bee.start' = '5', 'fields.bee.end' = '9');
ALTER TABLE t RESET ('fields.b.length', 'nothing');
ALTER TABLE IF EXISTS nowhere DROP a;
SELECT t.a, t.bee, t.c, t.e, v.c AS of_view FROM t JOIN v ON t.a = v.a;
