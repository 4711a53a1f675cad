-- Stateless filter and projection of the clicks, to a file.
CREATE TABLE clicks (
  user_id INT, url STRING, amount DOUBLE, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = '${DATA}/clicks-5m.json', 'format' = 'json');
CREATE TABLE `large` (user_id INT, url STRING, amount DOUBLE) WITH ('connector' = 'filesystem', 'path' = '${OUT}', 'format' = 'json');
INSERT INTO `large` SELECT user_id, url, amount FROM clicks WHERE amount > 90;
