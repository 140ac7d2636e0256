"""The benchmark: a load beside what PostgreSQL itself needs for the same rows, in one run on one machine.

Each yardstick is a plain function in ``yardsticks``; ``rounds`` interleaves them, ``show`` prints what came out.
"""
