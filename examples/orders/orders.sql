-- Orders per customer in 5-minute windows of the time at which they were placed.
--
-- The orders arrive out of order: the watermark waits 10 seconds for stragglers. An order that comes up to a
-- minute later still corrects its window; one that comes later than that goes to late_orders.

SET 'weir.late-rows.allowed' = '1 min';
SET 'weir.late-rows.table' = 'late_orders';

CREATE TABLE orders (
  order_id BIGINT,
  customer STRING,
  amount DECIMAL(10, 2),
  order_time TIMESTAMP(3),
  WATERMARK FOR order_time AS order_time - INTERVAL '10' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/orders.json',
  'format' = 'json'
);

-- With a primary key the file holds the last row of every key: corrected windows replace earlier ones.
CREATE TABLE order_windows (
  customer STRING,
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  orders BIGINT,
  total DECIMAL(38, 2),
  PRIMARY KEY (customer, window_start) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out/order_windows.json',
  'format' = 'json'
);

CREATE TABLE late_orders (
  order_id BIGINT,
  customer STRING,
  amount DECIMAL(10, 2),
  order_time TIMESTAMP(3),
  late_by BIGINT METADATA FROM 'late-by',
  window_end TIMESTAMP(3) METADATA FROM 'window-end'
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out/late_orders.json',
  'format' = 'json'
);

INSERT INTO order_windows
SELECT customer, window_start, window_end, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(order_time), INTERVAL '5' MINUTES))
GROUP BY customer, window_start, window_end;
