--- unterminated-string
SELECT 'abc;
--- unterminated-comment
SELECT 1 /* no end
--- unterminated-backquote
SELECT `abc FROM t;
--- bad-number
SELECT 1.2.3;
--- number-too-large
SELECT 99999999999999999999999999999999999999999;
--- bad-exponent
SELECT 1e;
--- missing-paren
SELECT (1 + 2;
--- extra-paren
SELECT 1 + 2);
--- missing-from-table
SELECT a FROM WHERE a > 1;
--- trailing-comma
SELECT a, FROM t;
--- misspelt-keyword
SELEC 1;
--- misspelt-from
SELECT a FORM t WHERE a = 1;
--- misspelt-create
CREATE TABEL t (a INT);
--- missing-with
CREATE TABLE t (a INT);
--- missing-semicolon
SELECT 1 SELECT 2;
--- double-equals
SELECT 1 == 1;
--- double-quotes
SELECT "x";
--- bad-interval
SELECT INTERVAL '1' FORTNIGHT;
--- bad-interval-text
SELECT INTERVAL 'x' DAY;
--- bad-date
SELECT DATE '2024-02-30';
--- bad-timestamp
SELECT TIMESTAMP '2024-01-01 25:00:00';
--- bad-hex
SELECT x'0g';
--- empty-in
SELECT 1 IN ();
--- case-without-end
SELECT CASE WHEN TRUE THEN 1;
--- set-without-value
SET 'parallelism.default';
--- set-no-end
EXECUTE STATEMENT SET BEGIN
INSERT INTO t SELECT 1;
--- strange-character
SELECT 1 § 2;
--- bad-utf8-place
SELECT 'é', nope FROM (VALUES (1)) AS t (a);
--- empty-script
-- nothing here
--- dml-update
UPDATE t SET a = 1;
--- dml-delete
DELETE FROM t WHERE a = 1;
--- limit-zero
SELECT * FROM (VALUES (1)) AS t (a) LIMIT -1;
--- reserved-column-name
CREATE TABLE t (order INT) WITH ('connector' = 'blackhole');
--- interval-unit-inside
SELECT TIMESTAMP '2024-01-01 00:00:00' - INTERVAL '5 MINUTES' AS t;
