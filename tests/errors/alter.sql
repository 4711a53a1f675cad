--- add-there
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t ADD a INT;
--- add-key
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t ADD PRIMARY KEY (b) NOT ENFORCED;
--- add-watermark
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t ADD (d INT, WATERMARK FOR ts AS ts);
--- add-untyped
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t ADD (d, e INT);
--- add-after-nothing
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t ADD d INT AFTER z;
--- add-wrong
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t ADD d AS nope + 1;
--- modify-not-there
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t MODIFY z INT;
--- modify-breaks
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t MODIFY a ROW<x INT>;
--- drop-not-there
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP z;
--- drop-computed-from
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP a;
--- drop-time
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP ts;
--- drop-key-column
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP (a, c);
--- drop-twice
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP (b, b);
--- drop-constraint
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP CONSTRAINT nope;
--- rename-computed-from
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t RENAME a TO aa;
--- rename-there
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t RENAME b TO a;
--- rename-table-there
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
CREATE VIEW v AS SELECT 1 AS a;
ALTER TABLE t RENAME TO v;
--- set-wrong
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t SET ('number-of-rowz' = '4');
--- reset-connector
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t RESET ('connector');
--- reset-nothing
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t RESET ();
--- view
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
CREATE VIEW v AS SELECT 1 AS a;
ALTER TABLE v DROP a;
--- not-there
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE x DROP a;
--- temporary
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
CREATE TEMPORARY TABLE p (a INT) WITH ('connector' = 'datagen');
ALTER TABLE p ADD b INT;
--- what
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t COMPACT;
--- partition
CREATE TABLE t (a INT NOT NULL, b STRING, c AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
ALTER TABLE t DROP PARTITION (a = 1);
