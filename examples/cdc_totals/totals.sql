-- A table of PostgreSQL, summed up by customer in another one, as it changes.

CREATE TABLE orders (
  order_id INT NOT NULL,
  customer STRING,
  amount DECIMAL(10, 2),
  PRIMARY KEY (order_id) NOT ENFORCED
) WITH (
  'connector' = 'postgres-cdc',
  'hostname' = '${DB_HOST}',
  'port' = '${DB_PORT}',
  'username' = '${DB_USER}',
  'database-name' = '${DB_NAME}',
  'table-name' = 'orders'
);

CREATE TABLE totals (
  customer STRING,
  orders BIGINT,
  amount DECIMAL(38, 2),
  PRIMARY KEY (customer) NOT ENFORCED
) WITH (
  'connector' = 'jdbc',
  'url' = 'jdbc:postgresql://${DB_HOST}:${DB_PORT}/${DB_NAME}',
  'username' = '${DB_USER}',
  'table-name' = 'totals'
);

INSERT INTO totals SELECT customer, COUNT(*), SUM(amount) FROM orders GROUP BY customer;
