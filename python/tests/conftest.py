# SPDX-License-Identifier: Apache-2.0
"""What the tests share."""
import faulthandler

import pytest

import weir

faulthandler.enable()


@pytest.fixture
def connection():
    with weir.connect() as made:
        yield made


@pytest.fixture
def numbers(connection):
    """A view of x = 1 .. 5."""
    connection.execute("CREATE VIEW numbers AS SELECT x FROM (VALUES 1, 2, 3, 4, 5) AS t(x)")
    return connection
