"""The benchmark: a load beside what PostgreSQL itself needs for the same rows, in one run on one machine.

The yardsticks are plain functions in ``loads`` and ``rivals``; ``rounds`` interleaves them, ``show`` prints the tables.
"""
