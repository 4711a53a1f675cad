-- weir only: values that are longer or shorter than the type of their column in a sink.
CREATE TABLE s (a VARCHAR(3), b CHAR(3), c BINARY(2), d VARBINARY(2), n INT)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/lengths', 'format' = 'json');
CREATE TABLE x (a VARCHAR(3), b CHAR(3), c BINARY(2), d VARBINARY(2), n INT)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/x.json', 'format' = 'json');
INSERT INTO x SELECT * FROM s;
SELECT a, b || '.' AS b, c, d, n FROM x;
CREATE TABLE y (a VARCHAR(3), b CHAR(3), c BINARY(2), d VARBINARY(2), n INT)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/y.json', 'format' = 'json');
SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD';
INSERT INTO y SELECT * FROM s;
SELECT a, b || '.' AS b, c, d, n FROM y;
SET 'table.exec.sink.type-length-enforcer' = 'ERROR';
CREATE TABLE z (a VARCHAR(3), n INT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/z.json', 'format' = 'json');
INSERT INTO z SELECT a, n FROM s WHERE n > 1;
SELECT * FROM z;
