--- deep-parens
SELECT ${repeat 5000 (}1${repeat 5000 )};
--- deep-not
SELECT ${repeat 20000 NOT }TRUE;
--- deep-case
SELECT ${repeat 2000 CASE WHEN TRUE THEN }1${repeat 2000  END};
--- deep-subquery
${repeat 1000 SELECT * FROM (}SELECT 1 AS a${repeat 1000 )};
--- deep-type
CREATE TABLE t (a ${repeat 1000 ARRAY<}INT${repeat 1000 >}) WITH ('connector' = 'blackhole');
--- many-columns
SELECT ${repeat 20000 1,}1;
--- long-sum
SELECT ${repeat 30000 1+}1;
--- many-open-brackets
${repeat 100000 (}
--- many-unions
${repeat 9000 SELECT 1 UNION ALL }SELECT 1;
