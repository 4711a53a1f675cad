-- Tables of a plugin's catalog: folders.c, compiled to folders.so, over the folder lake.
LOAD MODULE folders WITH ('path' = '${DIR}/folders.so');
CREATE CATALOG lake WITH ('type' = 'folders', 'root' = '${DIR}/lake');

USE CATALOG lake;
SHOW DATABASES;
USE sales;
SHOW TABLES;

INSERT INTO large SELECT id, customer, amount FROM orders WHERE amount >= 20;
SELECT c.country, COUNT(*) AS orders, SUM(o.amount) AS amount
FROM orders AS o JOIN people.customers AS c ON o.customer = c.id
GROUP BY c.country;
