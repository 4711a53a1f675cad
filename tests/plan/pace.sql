-- How fast and in which order tables are read.
CREATE TABLE a (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'number-of-rows' = '10',
  'scan.rate-limit' = '1000', 'scan.priority' = '5', 'scan.watermark.alignment.group' = 'both', 'scan.watermark.alignment.max-drift' = '30 s');
CREATE TABLE b (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'number-of-rows' = '10',
  'scan.watermark.alignment.group' = 'both', 'scan.watermark.alignment.max-drift' = '1 min');
SELECT a.id FROM a JOIN b /*+ OPTIONS('scan.priority' = '-1') */ ON a.id = b.id;
