"""What a load will do, told before it is done: rows, bytes on disk, time; nothing of it stays in the place.

Bytes are arithmetic over the plan (``tables.sizing``), ``calibration`` measures for about a second, ``forecast`` is
both in one answer.
"""
