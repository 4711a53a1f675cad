# SPDX-License-Identifier: Apache-2.0
"""What functions for LANGUAGE PYTHON need of the package weir, in the interpreter that libweir-python.so makes.

The whole package, with connect(), is for programs that are Python: pip install ./python.
"""
from .udf import Function, udaf, udf, udtf

__all__ = ["Function", "udaf", "udf", "udtf"]
