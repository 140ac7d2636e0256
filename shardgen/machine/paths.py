"""Where modules are looked for: never in the working directory, and never beside the script that happens to run.

``python -m`` and notebooks put the working directory first on ``sys.path``, ``python script.py`` the script's folder,
and an empty entry of ``PYTHONPATH`` means the working directory too. A ``random.py`` there is the user's, and none of
ours. Folders that somebody named (in ``PYTHONPATH``, in a ``.pth`` file) are kept. This module runs while the path is
still unsafe, so it imports only what every Python has loaded when it starts.
"""

import os
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  # pathlib is not loaded yet
"""Where this package lies."""


def chance() -> list[str]:
    """The folders that are on the path only because somebody stands there, or a script lies there."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    found = [os.path.dirname(os.path.abspath(main))] if main else []  # noqa: PTH100, PTH120
    try:  # noqa: SIM105
        found.append(os.getcwd())  # noqa: PTH109
    except OSError:  # it was deleted, or is closed to us
        pass  # contextlib is not loaded yet
    started = sys.modules.get("multiprocessing.process")
    found.append(getattr(started, "ORIGINAL_DIR", None) or "")
    return [os.path.realpath(folder) for folder in found if folder]


def safe() -> list[str]:
    """The path of this process without such folders; those of .pth files stay."""
    named = [os.path.realpath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    doubtful = set(chance()) - set(named)
    ahead = sys.path.index(_library()) if _library() in sys.path else len(sys.path)
    kept = [entry for entry in sys.path[:ahead] if entry and os.path.realpath(entry) not in doubtful]
    behind = [entry for entry in sys.path[ahead:] if entry]
    lost = HOME not in kept + behind and HOME in sys.path
    return kept + behind + [HOME] * lost


def tidy() -> None:
    """Take such folders off the path of this process, which must be one of ours."""
    sys.path[:] = safe()


def explicit(variable: str) -> str:
    """A PYTHONPATH without its empty entries."""
    return os.pathsep.join(entry for entry in variable.split(os.pathsep) if entry)


def _library() -> str:
    """The folder of the standard library, as it is on the path."""
    return os.path.dirname(os.__file__)  # noqa: PTH120
