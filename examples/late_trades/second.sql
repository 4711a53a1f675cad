-- The same history once more, with more patience: the watermark waits 2 minutes, and a trade that is up to 10 minutes later
-- still corrects its window.

SET 'weir.late-rows.allowed' = '10 min';

CREATE TABLE trades (
  trade_id INT,
  symbol STRING,
  price DECIMAL(10, 2),
  quantity INT,
  traded_at TIMESTAMP(3),
  WATERMARK FOR traded_at AS traded_at - INTERVAL '2' MINUTE
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/trades.json', 'format' = 'json');

CREATE TABLE minutes (
  symbol STRING,
  window_start TIMESTAMP(3),
  trades BIGINT,
  volume BIGINT,
  turnover DECIMAL(38, 2),
  PRIMARY KEY (symbol, window_start) NOT ENFORCED
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/second.json', 'format' = 'json');

INSERT INTO minutes
SELECT symbol, window_start, COUNT(*), SUM(CAST(quantity AS BIGINT)), SUM(price * quantity)
FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(traded_at), INTERVAL '1' MINUTE))
GROUP BY symbol, window_start, window_end;
