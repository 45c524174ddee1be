# SPDX-License-Identifier: Apache-2.0
"""What check_cardbridge.py checks: the topics hold the scenarios; these stand on bench.py, vpcd.py and wire.py."""

# In this order.
TOPICS = ("power", "atr", "pps", "t1", "t1_errors", "faults", "t0")
