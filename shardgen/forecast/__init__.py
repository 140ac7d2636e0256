"""What a load will do, told before it is done: rows, bytes on disk, time; nothing of it stays in the place.

``sizing`` is arithmetic over the plan, ``calibration`` measures for about a second, ``forecast`` is both in one answer.
"""
