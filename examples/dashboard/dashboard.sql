-- Shops that never close, made by the generator: what is sold where, how fast, and what comes too late to count.

SET 'execution.checkpointing.interval' = '5 s';

-- Some 2,000 sales a second, told up to three seconds late. Product 7 sells best: every tenth sale is of it.
CREATE TABLE sales (
  product INT,
  shop INT,
  amount INT,
  behind INT,
  sold AS TIMESTAMPADD(SECOND, -behind, CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3))),
  WATERMARK FOR sold AS sold - INTERVAL '2' SECOND
) WITH (
  'connector' = 'datagen', 'rows-per-second' = '2000',
  'fields.product.min' = '1', 'fields.product.max' = '55',
  'fields.shop.min' = '1', 'fields.shop.max' = '8',
  'fields.amount.min' = '1', 'fields.amount.max' = '500',
  'fields.behind.min' = '0', 'fields.behind.max' = '3'
);

CREATE VIEW sales_of AS
SELECT CASE WHEN product > 50 THEN 7 ELSE product END AS product, shop, amount, sold FROM sales;

-- Kept up to date by jobs of their own; read with SELECT, by REST, or by any client of PostgreSQL.
CREATE MATERIALIZED TABLE revenue_by_shop (PRIMARY KEY (shop) NOT ENFORCED)
AS SELECT shop, COUNT(*) AS sales, SUM(amount) AS revenue, MAX(amount) AS largest FROM sales_of GROUP BY shop;

CREATE MATERIALIZED TABLE top_products
AS SELECT product, revenue, place FROM (
  SELECT product, revenue, ROW_NUMBER() OVER (ORDER BY revenue DESC) AS place
  FROM (SELECT product, SUM(amount) AS revenue FROM sales_of GROUP BY product)
) WHERE place <= 10;

-- Every five seconds a line for each shop; sales that come after that go to a table of their own.
CREATE TABLE late_sales (shop INT, amount INT, sold TIMESTAMP(3), late_ms BIGINT METADATA FROM 'late-by')
WITH ('connector' = 'filesystem', 'path' = '${DATA}/late_sales', 'format' = 'json', 'sink.rolling-policy.rollover-interval' = '10 s');

CREATE TABLE per_five_seconds (window_start TIMESTAMP(3), shop INT, sales BIGINT, revenue BIGINT)
WITH ('connector' = 'filesystem', 'path' = '${DATA}/per_five_seconds', 'format' = 'json');

SET 'weir.late-rows.table' = 'late_sales';

INSERT INTO per_five_seconds
SELECT window_start, shop, COUNT(*), SUM(CAST(amount AS BIGINT))
FROM TABLE(TUMBLE(TABLE sales_of, DESCRIPTOR(sold), INTERVAL '5' SECOND))
GROUP BY window_start, window_end, shop;
