-- CSV in: quotes, empty fields, numbers that are none.
CREATE TABLE sales (id INT, item STRING, qty INT, price DECIMAL(8, 2), paid BOOLEAN, day_ DATE)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/sales.csv', 'format' = 'csv', 'csv.ignore-parse-errors' = 'true');
SELECT item, COUNT(*) AS n, SUM(qty) AS q, AVG(price) AS p, MIN(day_) AS d FROM sales GROUP BY item;
SELECT id, item, qty, price FROM sales WHERE qty IS NULL OR price IS NULL OR item = '';
SELECT paid, EXTRACT(MONTH FROM day_) AS m, SUM(qty * price) AS v FROM sales GROUP BY paid, EXTRACT(MONTH FROM day_);
SELECT id, '<' || item || '>' AS i FROM sales WHERE id < 12;
CREATE TABLE `raw` (a STRING, b STRING, c STRING) WITH ('connector' = 'filesystem', 'path' = '${DATA}/pipes.csv', 'format' = 'csv', 'csv.field-delimiter' = '|', 'csv.quote-character' = '''', 'csv.allow-comments' = 'true', 'csv.null-literal' = 'n/a', 'csv.ignore-parse-errors' = 'true');
SELECT * FROM `raw`;
