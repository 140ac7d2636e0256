"""A loaded world in pictures: numbers by SQL, pictures of the numbers, one HTML page; nothing is written to the target.

The way is one: ``numbers`` (the only module that asks the server) -> ``sections`` (what is said and drawn) ->
``pictures`` (the only one that knows the drawing library) -> ``page``. Each step is a pure function of the one before.
"""
