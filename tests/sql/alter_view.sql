-- ALTER VIEW: another query, another name; what else reads the view
CREATE TABLE t (a INT NOT NULL, b INT) WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '2',
  'fields.b.kind' = 'sequence', 'fields.b.start' = '5', 'fields.b.end' = '6');
CREATE VIEW v (x, y) COMMENT 'of t' AS SELECT a, b FROM t;
CREATE VIEW w AS SELECT x FROM v;
ALTER VIEW v AS SELECT a + 100 AS x, b, 'new' AS c FROM t;
SELECT * FROM v;
SELECT * FROM w;
ALTER VIEW v RENAME TO z;
SELECT x FROM z;
CREATE VIEW v AS SELECT 7 AS x;
SELECT * FROM w;
CREATE DATABASE d WITH ('owner' = 'me');
ALTER DATABASE d SET ('owner' = 'you', 'since' = '2024');
CREATE VIEW d.inner_view AS SELECT 1 AS q;
ALTER VIEW d.inner_view RENAME TO outer_view;
SELECT q FROM d.outer_view;
