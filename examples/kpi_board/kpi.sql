-- The figures of a shop, kept up to date while orders and payments come: four materialized tables, which anybody reads with SELECT, by
-- REST, or with a client of PostgreSQL.

SET 'execution.checkpointing.interval' = '2 s';
-- A payment that is told up to ten minutes late corrects the minute in which it was made; a later one is put aside.
SET 'weir.late-rows.allowed' = '10 min';
SET 'weir.late-rows.table' = 'late_payments';

-- Folders that are watched: each new file is read once.
CREATE TABLE orders (
  order_id BIGINT,
  product STRING,
  quantity INT,
  amount DECIMAL(10, 2),
  ordered_at TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/orders', 'format' = 'json', 'source.monitor-interval' = '200 ms');

CREATE TABLE payments (
  order_id BIGINT,
  kind STRING, -- payment or refund
  amount DECIMAL(10, 2),
  paid_at TIMESTAMP(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '10' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/payments', 'format' = 'json', 'source.monitor-interval' = '200 ms');

CREATE TABLE late_payments (
  order_id BIGINT,
  kind STRING,
  amount DECIMAL(10, 2),
  paid_at TIMESTAMP(3),
  late_ms BIGINT METADATA FROM 'late-by'
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/late_payments', 'format' = 'json');

-- Money that came and went in each minute.
CREATE MATERIALIZED TABLE revenue_per_minute (PRIMARY KEY (`minute`) NOT ENFORCED)
AS SELECT window_start AS `minute`,
       COALESCE(SUM(amount) FILTER (WHERE kind = 'payment'), 0) AS revenue,
       COALESCE(SUM(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded,
       COUNT(*) FILTER (WHERE kind = 'payment') AS payments
FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(paid_at), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end;

-- What has become of each order so far: of those who ordered, who has paid, and who got the money back?
CREATE VIEW outcomes AS
SELECT o.order_id, o.product, o.quantity, o.amount, FLOOR(o.ordered_at TO MINUTE) AS `minute`,
       COALESCE(p.paid, 0) AS paid, COALESCE(p.refunded, 0) AS refunded
FROM orders AS o
LEFT JOIN (SELECT order_id, SUM(amount) FILTER (WHERE kind = 'payment') AS paid, SUM(amount) FILTER (WHERE kind = 'refund') AS refunded
           FROM payments GROUP BY order_id) AS p
ON o.order_id = p.order_id;

-- By the minute of the order, and as one line for all of them.
CREATE MATERIALIZED TABLE funnel_per_minute (PRIMARY KEY (`minute`) NOT ENFORCED)
AS SELECT `minute`, COUNT(*) AS orders, COUNT(*) FILTER (WHERE paid > 0) AS paid_orders,
       ROUND(1.0 * COUNT(*) FILTER (WHERE paid > 0) / COUNT(*), 3) AS conversion,
       ROUND(AVG(amount), 2) AS average_basket
FROM outcomes
GROUP BY `minute`;

CREATE MATERIALIZED TABLE kpis
AS SELECT COUNT(*) AS orders, SUM(paid) AS revenue,
       ROUND(1.0 * COUNT(*) FILTER (WHERE paid > 0) / COUNT(*), 3) AS conversion,
       ROUND(AVG(amount), 2) AS average_basket,
       ROUND(1.0 * COUNT(*) FILTER (WHERE refunded > 0) / NULLIF(COUNT(*) FILTER (WHERE paid > 0), 0), 3) AS refund_rate
FROM outcomes;

CREATE MATERIALIZED TABLE top_products (PRIMARY KEY (place) NOT ENFORCED)
AS SELECT place, product, sold, revenue FROM (
  SELECT product, sold, revenue, ROW_NUMBER() OVER (ORDER BY revenue DESC, product) AS place
  FROM (SELECT product, SUM(quantity) AS sold, SUM(paid - refunded) AS revenue FROM outcomes WHERE paid > 0 GROUP BY product)
) WHERE place <= 5;
