-- weir only: what a table with a PRIMARY KEY holds in the end when rows of several upsert keys meet under one of its keys.
CREATE TABLE moves (id INT, place STRING, who STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/moves', 'format' = 'changelog-json');
CREATE TABLE places (id INT, place STRING, who STRING, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at`, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/places', 'format' = 'json');
CREATE TABLE last (place STRING, who STRING, PRIMARY KEY (place) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/last.json', 'format' = 'json');
-- cyd, the last one in the south, goes: bob is seen again. Nobody is left in the west.
INSERT INTO last SELECT place, who FROM moves;
SELECT * FROM last;
CREATE TABLE counts (c BIGINT, place STRING, PRIMARY KEY (c) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/counts.json', 'format' = 'json');
INSERT INTO counts SELECT COUNT(*), MAX(place) FROM moves GROUP BY who ON CONFLICT DO DEDUPLICATE;
SELECT c FROM counts;
CREATE TABLE first (place STRING, who STRING, PRIMARY KEY (place) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/first.json', 'format' = 'json');
INSERT INTO first SELECT place, who FROM places ON CONFLICT DO NOTHING;
SELECT * FROM first;
CREATE TABLE solo (id INT, place STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/only.json', 'format' = 'json');
INSERT INTO solo SELECT id, place FROM places WHERE id <> 2 ON CONFLICT DO ERROR;
SELECT * FROM solo;
CREATE TABLE sole (place STRING, id INT, PRIMARY KEY (place) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/sole.json', 'format' = 'json');
INSERT INTO sole SELECT place, id FROM places WHERE id <> 2 ON CONFLICT DO ERROR;
SELECT * FROM sole;
-- A changelog that is written can be read.
CREATE TABLE changes (place STRING, c BIGINT) WITH ('connector' = 'filesystem', 'path' = '${OUT}/changes.json', 'format' = 'changelog-json');
INSERT INTO changes SELECT place, COUNT(*) FROM moves GROUP BY place;
SELECT * FROM changes;
-- An aggregate needs no -U where its key is the table's.
CREATE TABLE by_place (place STRING, c BIGINT, PRIMARY KEY (place) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/by_place.json', 'format' = 'json');
INSERT INTO by_place SELECT place, COUNT(*) FROM moves GROUP BY place;
SELECT * FROM by_place;
-- Rows that replace each other by the table's own key go there as they are.
CREATE TABLE users (id INT, name STRING, n INT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${DATA}/rows/upserts', 'format' = 'changelog-json', 'changelog-json.mode' = 'upsert');
CREATE TABLE names (name STRING, id INT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${OUT}/names.json', 'format' = 'json');
INSERT INTO names SELECT name, id FROM users;
SELECT * FROM names;
