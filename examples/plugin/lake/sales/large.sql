(id BIGINT, customer INT, amount DECIMAL(8, 2))
WITH ('connector' = 'filesystem', 'path' = '$DIR/large.csv', 'format' = 'csv')
