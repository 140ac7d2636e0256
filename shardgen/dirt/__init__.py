"""Dirt: rows spoilt on their way into bronze, as real ones are, and the key that says what was done to each.

Which rows, and how, follows from a secret and from what a row is: its table, its record's number and the instant of
its ingestion. So it is the same for every split, worker, engine and retry. ``kinds/`` has one file for each kind of
defect; ``drawing`` says which rows have one, ``fates`` what becomes of these, ``spoiling`` gives them to a batch,
``defects`` is the key.
"""
