#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fraud_detector - flags an account that pays less than 1.00 and raises an alert when more than 500.00 follow within a minute.

    pip install ./python
    examples/python/fraud_detector.py payments.csv           by the times of the payments
    examples/python/fraud_detector.py payments.csv clock     by the clock

A keyed process function with a value and a timer, as examples/c/fraud_detector.c. What is remembered of an account is a struct with
declared members, so that `weir state` can show it.
"""
import sys

import weir

SMALL, LARGE, MINUTE = 1.00, 500.00, 60_000

TABLES = """
CREATE TABLE payments (account BIGINT, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${payments}', 'format' = 'csv');
"""


class FraudDetector(weir.KeyedProcessFunction):
    """Rows come in the order of the stream, for each account; state and timers belong to the account at hand."""

    columns = "account BIGINT, amount DOUBLE, ts TIMESTAMP(3)"
    flag = weir.ValueState("since BIGINT, timer BIGINT")  # of the last small payment: its time, and when the flag goes

    def __init__(self, by_clock=False):
        self.by_clock = by_clock

    def process_element(self, payment, ctx):
        now = ctx.current_processing_time() if self.by_clock else ctx.timestamp()
        flag = self.flag.value()
        if flag is not None:
            if payment.amount > LARGE and now - flag.since <= MINUTE:
                yield payment
            self.drop(flag, ctx)
        if payment.amount < SMALL:
            self.flag.update((now, now + MINUTE))
            if self.by_clock:
                ctx.register_processing_time_timer(now + MINUTE)
            else:
                ctx.register_event_time_timer(now + MINUTE)

    def on_timer(self, timestamp, ctx):
        """A minute has passed without a large payment."""
        self.flag.clear()

    def drop(self, flag, ctx):
        if self.by_clock:
            ctx.delete_processing_time_timer(flag.timer)
        else:
            ctx.delete_event_time_timer(flag.timer)
        self.flag.clear()


def main(payments, by_clock=False):
    with weir.connect() as connection:
        connection.execute(TABLES, payments=payments)
        flow = connection.flow("fraud")
        alerts = flow.table("payments").key_by("account").process(FraudDetector(by_clock))
        alerts.sink(lambda alert: print(f"ALERT account {alert.account} pays {alert.amount:.2f} at {alert.ts}", flush=True))
        flow.run()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], len(sys.argv) > 2 and sys.argv[2] == "clock")
