"""The feed: what changed in the shop, in the order in which bronze got it, as other systems read it.

``records`` makes changes of the world's versions, ``order`` puts those of all tables in order, ``forms`` writes them.
``pace`` and ``playing`` play them by the clock, ``kafka`` takes what is played. No table is read.
"""
