-- Orders into a topic.
CREATE TABLE made (order_id BIGINT, product_id INT, quantity INT) WITH (
  'connector' = 'datagen', 'number-of-rows' = '10000', 'rows-per-second' = '1000000', 'seed' = '3',
  'fields.order_id.kind' = 'sequence', 'fields.order_id.start' = '1', 'fields.order_id.end' = '10000',
  'fields.product_id.min' = '1', 'fields.product_id.max' = '1100', 'fields.quantity.min' = '1', 'fields.quantity.max' = '9');
CREATE TABLE topic (order_id BIGINT, product_id INT, quantity INT) WITH (
  'connector' = 'kafka', 'topic' = '${TOPIC}', 'properties.bootstrap.servers' = '${BROKER}', 'format' = 'json');
INSERT INTO topic SELECT * FROM made;
