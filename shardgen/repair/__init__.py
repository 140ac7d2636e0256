"""Dirty bronze made clean again by its answer key: a load whose rows come from another place, mended on the way.

So it is planned, written, resumed and reconciled as any load, and verified against the plan of the clean rows.
"""
