# SPDX-License-Identifier: Apache-2.0
"""The list of what is checked: name, the options cardbridge is started with, function of a Bench."""

SCENARIOS = []


def scenario(*options):
    """Decorator: lists the function as a scenario of its own."""
    def add(function):
        SCENARIOS.append((function.__name__.replace("_", "-"), options, function))
        return function
    return add
