--- rows-of-a-program
CREATE TABLE orders (id BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH ('connector' = 'input');
SELECT COUNT(*) FROM orders;
--- watermark-of-a-source-that-has-none
CREATE TABLE g (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH ('connector' = 'datagen');
SELECT id FROM g;
--- source-watermark-in-an-expression
CREATE TABLE g (ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK() - INTERVAL '1' SECOND) WITH ('connector' = 'input');
