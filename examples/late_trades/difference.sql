-- The minutes that the second run has corrected, and by how much.

CREATE TABLE first_run (symbol STRING, window_start TIMESTAMP(3), trades BIGINT, volume BIGINT, turnover DECIMAL(38, 2))
WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/first.json', 'format' = 'json');

CREATE TABLE second_run (symbol STRING, window_start TIMESTAMP(3), trades BIGINT, volume BIGINT, turnover DECIMAL(38, 2))
WITH ('connector' = 'filesystem', 'path' = '${DIR}/out/second.json', 'format' = 'json');

SELECT
  s.symbol, s.window_start,
  s.trades - COALESCE(f.trades, 0) AS more_trades,
  s.volume - COALESCE(f.volume, 0) AS more_volume,
  s.turnover - COALESCE(f.turnover, 0) AS more_turnover
FROM second_run AS s LEFT JOIN first_run AS f ON s.symbol = f.symbol AND s.window_start = f.window_start
WHERE f.trades IS NULL OR s.trades <> f.trades;
