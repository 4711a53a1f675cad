--- no-key
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE plain (id INT, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN plain FOR SYSTEM_TIME AS OF b.ts AS p ON b.id = p.id;
--- other-key
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN prices FOR SYSTEM_TIME AS OF b.ts AS p ON b.n = p.price;
--- no-row-time
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE timeless (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN timeless FOR SYSTEM_TIME AS OF b.ts AS p ON b.id = p.id;
--- no-equality
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN prices FOR SYSTEM_TIME AS OF b.ts AS p ON b.id > p.id;
--- comma
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b, prices FOR SYSTEM_TIME AS OF b.ts AS p WHERE b.id = p.id;
--- expression
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN prices FOR SYSTEM_TIME AS OF b.ts - INTERVAL '1' SECOND AS p ON b.id = p.id;
--- not-a-time
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN prices FOR SYSTEM_TIME AS OF b.n AS p ON b.id = p.id;
--- right
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b RIGHT JOIN prices FOR SYSTEM_TIME AS OF b.ts AS p ON b.id = p.id;
--- processing-time
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy, p.price FROM buys AS b JOIN prices FOR SYSTEM_TIME AS OF b.pt AS p ON b.id = p.id;
--- alone
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT p.price FROM prices FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 10:00:00' AS p;
--- filtered
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
CREATE VIEW dear AS SELECT * FROM prices WHERE price > 9;
SELECT b.buy, p.price FROM buys AS b JOIN dear FOR SYSTEM_TIME AS OF b.ts AS p ON b.id = p.id;
--- interval-changing
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE prices (id INT, price INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'debezium-json');
SELECT b.buy FROM prices AS p JOIN buys AS b ON p.id = b.id AND b.ts BETWEEN p.ts AND p.ts + INTERVAL '3' SECOND;
--- lookup-no-column
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'json');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id + 1;
--- lookup-computed
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'json');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.twice;
--- lookup-partial-unbounded
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'json', 'lookup.cache' = 'PARTIAL');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id;
--- lookup-full-never
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'json', 'lookup.cache' = 'FULL');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id;
--- lookup-bad-cache
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_versions.json', 'format' = 'json', 'lookup.cache' = 'SOME');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id;
--- lookup-endless
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/', 'source.monitor-interval' = '1 s', 'format' = 'json');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id;
--- lookup-generated
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT) WITH ('connector' = 'datagen');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id;
--- lookup-stdin
CREATE TABLE buys (buy INT, id INT, n INT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '../oracle/data/join_buys.json', 'format' = 'json');
CREATE TABLE dim (id INT, price INT, twice AS price * 2) WITH ('connector' = 'filesystem', 'path' = '-', 'format' = 'json');
SELECT b.buy, d.price FROM buys AS b JOIN dim FOR SYSTEM_TIME AS OF b.pt AS d ON b.id = d.id;
