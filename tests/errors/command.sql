--- no-script run
--- missing-script run none.sql
--- unknown-option run --paralelism 2 -e "SELECT 1"
--- unknown-command runn
--- bad-format run --format xml -e "SELECT 1"
--- bad-result run --result last -e "SELECT 1"
--- missing-value run --format
--- bad-set run --set x -e "SELECT 1"
--- unknown-set run --set weir.batch.max-row=1 -e "SELECT 1"
--- two-scripts run a.sql b.sql
--- script-is-a-folder run data
--- explain-format explain --format xml -e "SELECT 1"
--- check-wrong check
SELECT nope;
--- check-right check
SELECT 1;
--- nothing-ran run --quiet
SELECT 1;
SELECT nope;
