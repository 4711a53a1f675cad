-- Modes and upsert keys: what needs -U, what does not, and the operators that make up for it.
CREATE TABLE users (id INT, city STRING, score INT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/upserts', 'format' = 'changelog-json', 'changelog-json.mode' = 'upsert');
CREATE TABLE moves (id INT, place STRING, who STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/moves', 'format' = 'changelog-json');
CREATE TABLE by_id (id INT, city STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = 'by_id.json', 'format' = 'json');
CREATE TABLE by_city (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = 'by_city.json', 'format' = 'json');
CREATE TABLE changes (city STRING, n BIGINT)
  WITH ('connector' = 'filesystem', 'path' = 'changes.json', 'format' = 'debezium-json');
-- No -U: it is taken out behind the source.
INSERT INTO by_id SELECT id, place FROM moves;
-- A filter on another column needs it, for the row may have to go.
INSERT INTO by_id SELECT id, place FROM moves WHERE place <> 'west';
-- Nor does an aggregate whose key is the table's make it; one with a filter above does.
INSERT INTO by_city SELECT city, COUNT(*) FROM users WHERE id > 1 AND score > 3 GROUP BY city;
INSERT INTO by_city SELECT city, n FROM (SELECT city, COUNT(*) AS n FROM users GROUP BY city) WHERE n > 1;
INSERT INTO changes SELECT city, COUNT(*) FROM users GROUP BY city;
-- Another key than the query's.
INSERT INTO by_city SELECT city, score FROM users ON CONFLICT DO DEDUPLICATE;
-- Joins: the order of changes of one id is lost when its rows go to another worker.
INSERT INTO by_id SELECT m.id, u.city FROM moves AS m JOIN users AS u ON m.id = u.id;
INSERT INTO by_id SELECT m.id, u.city FROM moves AS m JOIN users AS u ON m.place = u.city;
-- Rows that replace each other by the sink's own key go there as they are; computed columns would meet rows with their key alone.
INSERT INTO by_id SELECT id, city FROM users WHERE id > 1;
INSERT INTO by_id SELECT id, UPPER(city) FROM users;
