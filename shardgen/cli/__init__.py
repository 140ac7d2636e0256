"""The command line: parse, read the settings, one call, exit code.

A command reads its options, calls one function of ``commands`` and shows what comes back; it does no work of its own.
``application`` lists the commands, a module for each family of them says what they do, ``options`` what they take, and
``entry`` makes a text and an exit code of every error. Libraries are imported inside the commands, so that ``--help``
answers at once.
"""

from shardgen.cli.entry import main

__all__ = ["main"]
