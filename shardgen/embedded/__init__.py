"""The embedded PostgreSQL server: makes it, starts and stops it, and gives its connection string; knows no store.

At most one server runs on a home, and only its owner can reach it. ``server`` is the door: start, stop, status, url.
Behind it: ``homes`` (the directory), ``cluster`` (the data in it), ``conf`` (its configuration), ``socket_directory``
and ``ports`` (the ways to it), ``postmaster`` (its processes), ``programs`` (the binaries and the account),
``running`` (its answers), ``surroundings`` (what libpq must not take from the environment).
"""
