"""Sockets get short names in a directory that can be written, whatever TMPDIR is; if there is none, that is told."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile

import pytest

from shardgen.errors import MachineError
from shardgen.machine import sockets


def put_tmpdir(kind, tmp_path):
    """A TMPDIR of some kind."""
    folder = {
        "missing": tmp_path / "missing",
        "a file": tmp_path / "file",
        "as long as a name may be": tmp_path / ("x" * 200),
        "of eighty bytes": tmp_path / ("x" * 80),
        "deep": tmp_path.joinpath(*"abcdefghijklmnopqrstuvwxyz" * 2),
        "with spaces": tmp_path / "a b",
        "with quotes": tmp_path / "a'b\"c",
        "with letters beyond ASCII": tmp_path / "żółć",
        "with bytes that are no text": tmp_path / os.fsdecode(b"a\xffb"),
        "with a percent sign": tmp_path / "%s",
        "empty": "",
        "relative": "here",
        "read-only": "/proc/self",
    }[kind]
    if kind == "a file":
        folder.touch()
    elif kind not in ("missing", "empty", "relative", "read-only"):
        folder.mkdir(parents=True)
    return str(folder)


@pytest.mark.parametrize(
    "kind",
    [
        *("missing", "a file", "as long as a name may be", "of eighty bytes", "deep", "with spaces", "with quotes"),
        *("with letters beyond ASCII", "with bytes that are no text", "with a percent sign", "empty", "relative"),
        "read-only",
    ],
)
def test_a_socket_can_be_bound_whatever_tmpdir_is(kind, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", put_tmpdir(kind, tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is found once
    made = sockets.make_directory("pymp-", usual=sockets.usual_place(), remedy="")
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(os.fspath(made / "listener-abcdefgh"))
        assert made.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(made)


def test_no_place_at_all_is_told_with_each_refusal_and_what_helps(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    long = "/" + "x" * 100
    monkeypatch.setattr(sockets, "_PLACES", (str(tmp_path / "none"), long))
    with pytest.raises(MachineError, match=r"Not a directory.*No such file.*name is too long.*: set TMPDIR") as refused:
        sockets.make_directory("p-", usual=str(tmp_path / "file"), room=0, remedy="set TMPDIR to another")
    assert refused.value.exit_code == 2


def test_no_directory_for_temporary_files_is_no_error_where_another_can_be_written(monkeypatch):
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert sockets.usual_place() == ""


def test_somebody_listens_or_nobody_does():
    folder = sockets.make_directory("sg-", remedy="")
    try:
        path = folder / "s"
        assert not sockets.listens(path)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
            assert not sockets.listens(path)
            bound.listen()
            assert sockets.listens(path)
        assert not sockets.listens(path)
    finally:
        shutil.rmtree(folder)
