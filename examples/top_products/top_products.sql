-- The three products with the highest turnover in every 10 minutes.

CREATE TABLE sales (
  product STRING,
  price DECIMAL(10, 2),
  quantity INT,
  sold_at TIMESTAMP(3),
  WATERMARK FOR sold_at AS sold_at - INTERVAL '20' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/sales.json', 'format' = 'json');

CREATE VIEW turnovers AS
SELECT window_start, window_end, product, SUM(price * quantity) AS turnover
FROM TABLE(TUMBLE(TABLE sales, DESCRIPTOR(sold_at), INTERVAL '10' MINUTES))
GROUP BY window_start, window_end, product;

SELECT window_start, place, product, turnover
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY turnover DESC, product) AS place
  FROM turnovers
)
WHERE place <= 3;
