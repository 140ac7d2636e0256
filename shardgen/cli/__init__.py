"""The command line: parse, read the settings, one call, exit code.

``options`` says what there is, a module for each family of commands what they do, ``application`` which there are,
``entry`` what becomes of errors. Libraries are imported inside the commands, so that ``--help`` answers at once.
"""

from shardgen.cli.entry import main

__all__ = ["main"]
