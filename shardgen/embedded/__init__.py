"""The embedded PostgreSQL server: makes it, starts and stops it, and gives its connection string; knows no store.

At most one server runs on a home, and only its owner can reach it. ``server`` is the door: start, stop, status, url.
``programs`` are the wheel's binaries and the account that runs them; ``surroundings`` keeps the environment out of
connections to it; ``_home`` is what lies in a home.
"""
