"""The HTML report of what is loaded: numbers in, one page out; nothing is written to the place that is asked.

The way is one: ``measure`` asks a reader -> ``numbers`` -> ``sections`` (what is said and drawn) -> ``pictures`` (which
alone knows the drawing library) -> ``page``. Behind ``measure`` each step is a pure function of the one before.
"""
