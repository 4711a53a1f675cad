CREATE TABLE customers (id INT, country STRING)
WITH ('connector' = 'filesystem', 'path' = '$DIR/customers.csv', 'format' = 'csv')
