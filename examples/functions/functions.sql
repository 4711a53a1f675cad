-- Functions of text.c and mean.c: how often names were mistyped, and by how much on average.
CREATE FUNCTION LEVENSHTEIN AS 'levenshtein_function' LANGUAGE C USING FILE '${DIR}/functions.so';
CREATE FUNCTION SPLIT_ROWS AS 'split_function' LANGUAGE C USING FILE '${DIR}/functions.so';
CREATE FUNCTION GEOMETRIC_MEAN AS 'geometric_mean_function' LANGUAGE C USING FILE '${DIR}/functions.so';

CREATE TABLE answers (
  question STRING,
  correct  STRING,
  given    STRING -- several tries, with commas
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/answers.json', 'format' = 'json');

SELECT correct, COUNT(*) AS tries, MIN(LEVENSHTEIN(correct, part)) AS nearest,
       ROUND(GEOMETRIC_MEAN(1 + LEVENSHTEIN(correct, part)), 3) AS spread
FROM answers, LATERAL TABLE(SPLIT_ROWS(given, ',')) AS t(number, part)
GROUP BY correct;
