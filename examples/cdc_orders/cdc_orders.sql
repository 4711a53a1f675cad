-- Orders with the customer as it was when the order was placed.
--
-- customers is a change log of a database table, as Debezium writes it: customers are added, move to another city,
-- and are deleted. The temporal join gives every order the version of its time, not the newest one.

CREATE TABLE customers (
  customer_id INT,
  name STRING,
  city STRING,
  changed_at TIMESTAMP(3),
  WATERMARK FOR changed_at AS changed_at,
  PRIMARY KEY (customer_id) NOT ENFORCED
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/customers.json', 'format' = 'debezium-json');

CREATE TABLE orders (
  order_id INT,
  customer_id INT,
  total DECIMAL(10, 2),
  ordered_at TIMESTAMP(3),
  WATERMARK FOR ordered_at AS ordered_at - INTERVAL '10' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/orders.json', 'format' = 'json');

SELECT o.order_id, o.ordered_at, o.total, c.name, c.city
FROM orders AS o
LEFT JOIN customers FOR SYSTEM_TIME AS OF o.ordered_at AS c ON o.customer_id = c.customer_id;
