-- Trades per symbol and minute, shown early: the watermark waits 5 seconds. What comes later goes to a table of its own.

SET 'weir.late-rows.table' = 'late_trades';

CREATE TABLE trades (
  trade_id INT,
  symbol STRING,
  price DECIMAL(10, 2),
  quantity INT,
  traded_at TIMESTAMP(3),
  WATERMARK FOR traded_at AS traded_at - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/trades.json', 'format' = 'json');

CREATE TABLE minutes (
  symbol STRING,
  window_start TIMESTAMP(3),
  trades BIGINT,
  volume BIGINT,
  turnover DECIMAL(38, 2),
  PRIMARY KEY (symbol, window_start) NOT ENFORCED
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/first.json', 'format' = 'json');

CREATE TABLE late_trades (
  trade_id INT,
  symbol STRING,
  traded_at TIMESTAMP(3),
  late_by BIGINT METADATA FROM 'late-by',
  window_end TIMESTAMP(3) METADATA FROM 'window-end'
) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/late_trades.json', 'format' = 'json');

INSERT INTO minutes
SELECT symbol, window_start, COUNT(*), SUM(CAST(quantity AS BIGINT)), SUM(price * quantity)
FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(traded_at), INTERVAL '1' MINUTE))
GROUP BY symbol, window_start, window_end;
