-- Orders of a topic, each with the product that it is for, looked up in PostgreSQL when it comes.

CREATE TABLE orders (
  order_id BIGINT,
  product_id INT,
  quantity INT,
  came AS PROCTIME()
) WITH (
  'connector' = 'kafka',
  'topic' = '${TOPIC}',
  'properties.bootstrap.servers' = '${BROKER}',
  'format' = 'json',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset'
);

CREATE TABLE products (
  product_id INT,
  name STRING,
  price DECIMAL(10, 2)
) WITH (
  'connector' = 'jdbc',
  'url' = 'jdbc:postgresql://${DB_HOST}:${DB_PORT}/${DB_NAME}',
  'username' = '${DB_USER}',
  'table-name' = 'products',
  'lookup.cache' = 'PARTIAL',
  'lookup.partial-cache.max-rows' = '10000',
  'lookup.partial-cache.expire-after-write' = '10 min'
);

CREATE TABLE enriched (
  order_id BIGINT,
  product STRING,
  total DECIMAL(20, 2)
) WITH (
  'connector' = 'kafka',
  'topic' = '${TOPIC}-enriched',
  'properties.bootstrap.servers' = '${BROKER}',
  'format' = 'json'
);

INSERT INTO enriched
SELECT o.order_id, p.name, o.quantity * p.price
FROM orders AS o
LEFT JOIN products FOR SYSTEM_TIME AS OF o.came AS p ON o.product_id = p.product_id;
