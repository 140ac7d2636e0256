"""One home of an embedded server: what lies in its directory, how the server there is configured and reached.

``homes`` names the files, ``cluster`` makes the data directory, ``conf`` its configuration, ``socket_directory`` and
``ports`` are the ways to it, ``postmaster`` knows the processes at work, ``running`` the server that answers.
"""
