"""Where the embedded server's home is: what cannot be one is told with its remedy, or does not matter."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from shardgen.cli import entry
from shardgen.embedded import server
from shardgen.errors import ShardgenError


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG", "XDG_")):
            monkeypatch.delenv(name)


def run(*words, capsys):
    with pytest.raises(SystemExit) as ended:
        entry.main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out + err


UNFIT = {
    "of an unknown user": ("~nobody_known/x", "Could not determine home directory"),
    "not text": (os.fsdecode(b"/tmp/\xff"), "its bytes are not UTF-8"),
    "a file": ("{}/file", "cannot be made: File exists"),
    "below a file": ("{}/file/x", "cannot be made: Not a directory"),
    "a device": ("/dev/null/x", "cannot be made: Not a directory"),
    "read-only": ("/proc/x", "cannot be made"),
    "with a name too long": ("{}/" + "x" * 300, "File name too long"),
    "with a path too long": ("{}" + "/x" * 2100, "too long"),
    "a loop of links": ("{}/loop/x", "cannot be"),
    "what a shell would expand": ("{}/$x", "holds '\\$'"),
}


@pytest.mark.parametrize("command", [("load",), ("db", "start"), ("db", "psql"), ("schema", "--apply")], ids=" ".join)
@pytest.mark.parametrize("kind", UNFIT)
def test_a_home_that_cannot_be_is_told_before_anything_is_written(kind, command, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    home, text = UNFIT[kind]
    monkeypatch.setenv("SHARDGEN_HOME", home.format(tmp_path))
    code, said = run(*command, capsys=capsys)
    assert code == 2, said
    assert text.replace("\\", "") in said
    assert "SHARDGEN_HOME" in said or "choose another one" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "command", [("db", "stop"), ("db", "status"), ("db", "url"), ("status",), ("config",), ("plan", "--days", "1")]
)
@pytest.mark.parametrize("kind", UNFIT)
def test_a_question_about_a_home_that_cannot_be_gets_an_answer(kind, command, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("SHARDGEN_HOME", UNFIT[kind][0].format(tmp_path))
    code, said = run(*command, capsys=capsys)
    assert code in (0, 1, 2)
    assert "Traceback" not in said


def without_a_home(monkeypatch):
    """A container's arbitrary user: no HOME, and no entry in the user database."""

    def unknown(_):
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "getuid", lambda: 12345)


def test_a_user_without_any_home_is_asked_to_name_one(monkeypatch, capsys):
    without_a_home(monkeypatch)
    for command in (("db", "start"), ("load",), ("status",)):
        code, said = run(*command, capsys=capsys)
        assert code == 2, said
        assert "no home directory is known: HOME is not set, and uid=12345 has no entry" in said
        assert "set SHARDGEN_HOME" in said
    assert not Path("~").exists()


def test_a_user_without_any_home_needs_none_for_what_has_no_home(monkeypatch, capsys):
    without_a_home(monkeypatch)
    for command in (("config",), ("schema",), ("version",), ("sample", "orders", "-n", "1", "--profile", "demo")):
        code, said = run(*command, capsys=capsys)
        assert code == 0, said
    code, said = run("status", "--dsn", "host=127.0.0.1 port=1 user=x", capsys=capsys)
    assert (code, "cannot connect" in said) == (2, True)


@pytest.mark.parametrize("home", ["/nonexistent", "relative", ""])
def test_a_home_of_the_user_that_is_not_there_is_told_when_it_is_needed(home, monkeypatch):
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert server.data_dir().is_absolute()
    if home == "/nonexistent":
        monkeypatch.setattr(Path, "mkdir", _refused)
        with pytest.raises(ShardgenError, match="cannot be made: Permission denied; set SHARDGEN_HOME") as refused:
            server.start(server.data_dir())
        assert refused.value.exit_code == 2


def _refused(*_, **__):
    raise PermissionError(13, "Permission denied")
