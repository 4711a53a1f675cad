# SPDX-License-Identifier: Apache-2.0
"""drills - the runbooks, each followed by breaking a running server that way (drill.py). ALL: by the runbook's name."""
from . import brokers, disks, flow

ALL = {
    "lag": brokers.lag,
    "backpressure": flow.backpressure,
    "hot-key": flow.hot_key,
    "late-data": flow.late_data,
    "schema-mismatch": brokers.schema_mismatch,
    "broker-loss": brokers.broker_loss,
    "checkpoint-failure": disks.checkpoint_failure,
    "state-corruption": disks.state_corruption,
}
