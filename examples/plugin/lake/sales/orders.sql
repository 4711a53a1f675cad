(id BIGINT, customer INT, amount DECIMAL(8, 2))
WITH ('connector' = 'filesystem', 'path' = '$DIR/orders.csv', 'format' = 'csv')
