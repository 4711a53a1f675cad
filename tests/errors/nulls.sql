--- concatenated
SELECT 'a' || NULL;
--- argument
SELECT UPPER(NULL);
--- condition
SELECT TRUE AND NULL;
--- condition-of-if
SELECT IF(NULL, 1, 2);
--- first-of-nullif
SELECT NULLIF(NULL, 1);
--- field
SELECT ROW(1, 'x', NULL);
--- entry
SELECT MAP['k', 1, 'l', NULL];
--- member
SELECT JSON_OBJECT('a' VALUE 1, 'b' VALUE NULL);
--- missing-function
SELECT PARSE_JSON('{}');
--- wide-decimal
SELECT 1234567890123.1234567;
