"""How a column of values is made, whatever the table; knows no table and no place.

A table's builder gives ``values``. ``text`` and ``jsonb`` render them without a loop over rows, ``pieces`` lays the
parts of a row end to end, ``pools`` hold the words that rows draw from, and a ``batch`` is some rows as columns.

Packages that bring tables build on this room: what has no underscore keeps its meaning (``shardgen help tables``).
"""
