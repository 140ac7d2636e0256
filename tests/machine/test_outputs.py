"""What the user names as an output is replaced if it is a file, followed if a link, and else written through."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shardgen.errors import ConfigError, OutputError
from shardgen.machine import outputs

TEXT = "<p>★</p>\n"


def written(path: Path | str, text: str = TEXT) -> None:
    outputs.check("output", path)
    outputs.write("output", path, text)


@pytest.fixture
def old(tmp_path) -> Path:
    file = tmp_path / "old.html"
    file.write_text("old")
    return file


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts may enter."""
    with tempfile.TemporaryDirectory(prefix="sg-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_a_new_file_gets_the_usual_mode_and_nothing_else_is_left(tmp_path):
    before = os.umask(0o027)
    try:
        written(tmp_path / "new.html")
    finally:
        os.umask(before)
    assert [file.name for file in tmp_path.iterdir()] == ["new.html"]
    assert (tmp_path / "new.html").read_text(encoding="utf-8") == TEXT
    assert stat.S_IMODE((tmp_path / "new.html").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_a_file_is_replaced_and_keeps_its_mode_and_owner(old, mode):
    old.chmod(mode)
    if os.getuid() == 0:
        os.chown(old, 4242, 4243)
    before, reader = old.stat(), old.open()
    written(old)
    after = old.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert (reader.read(), old.read_text(encoding="utf-8")) == ("old", TEXT)  # who reads it sees one or the other
    assert list(old.parent.iterdir()) == [old]
    reader.close()


@pytest.mark.parametrize("links", [1, 3])
@pytest.mark.parametrize("dangling", [False, True])
def test_links_are_followed_and_stay(tmp_path, links, dangling):
    folder = tmp_path / "there"
    folder.mkdir()
    target = folder / "page.html"
    if not dangling:
        target.write_text("old")
    place: Path = target
    for number in range(links):
        link = tmp_path / f"link{number}"
        link.symlink_to(os.path.relpath(place, tmp_path))
        place = link
    written(place)
    assert all((tmp_path / f"link{number}").is_symlink() for number in range(links))
    assert target.read_text(encoding="utf-8") == TEXT
    assert not target.is_symlink()


def test_another_name_of_the_same_file_sees_the_new_text(old):
    other = old.with_name("other.html")
    other.hardlink_to(old)
    written(old)
    assert other.read_text(encoding="utf-8") == TEXT


def test_a_pipe_is_written_through(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    written(pipe, TEXT * 50_000)
    reader.join()
    assert heard == [TEXT * 50_000]
    assert pipe.is_fifo()


def test_a_reader_of_a_pipe_that_has_seen_enough_is_no_error(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: pipe.open("rb").close())
    reader.start()
    written(pipe, TEXT * 500_000)
    reader.join()


@pytest.mark.skipif(os.getuid() != 0, reason="makes a device node of its own")
def test_a_device_is_written_through(tmp_path):
    node = tmp_path / "null"
    os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    written(node)
    assert node.is_char_device()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("place", ["pipe", "file"])
def test_a_descriptor_of_the_shells_is_written_to_where_it_stands(tmp_path, name, place):
    code = f"""
import os
from shardgen.machine import outputs
os.write(1, b"before ")
outputs.check("output", {name!r})
outputs.write("output", {name!r}, "page ")
os.write(1, b"after")
"""
    file = tmp_path / "out"
    with file.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE if place == "pipe" else out, text=True, check=True
        )
    assert (done.stdout or file.read_text()) == "before page after"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (".", "it is a folder"),
        ("new/", "it is a folder"),
        ("no/where.html", "lies in no folder that exists"),
        ("loop", "Too many levels of symbolic links"),
        ("socket", "it is a socket"),
        ("old.html/page.html", "lies in no folder that exists"),
        ("x" * 300, "File name too long"),
        ("nul\0", "Invalid argument"),
        ("/dev/fd/987", "it is closed"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_done(tmp_path, old, name, says):
    import socket

    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket")) if len(str(tmp_path)) < 90 else None
        place = name if name.startswith("/") else f"{tmp_path}/{name}"
        with pytest.raises(ConfigError, match=says) as caught:
            outputs.check("output", place)
        assert caught.value.exit_code == 2
        with pytest.raises(OutputError, match="cannot be written") as failed:
            outputs.write("output", f"{place}/" if name == "new/" and place.endswith("x") else _missing(place), TEXT)
        assert failed.value.exit_code == 1
    assert old.read_text() == "old"


def _missing(place: str) -> str:
    """A name that fails when it is written, too."""
    return f"{place}page/x" if place.endswith("new/") else place


@pytest.mark.skipif(os.getuid() != 0, reason="acts as another account")
@pytest.mark.parametrize(
    ("folder", "file", "can"), [(0o555, 0o666, True), (0o777, 0o444, False), (0o1777, 0o666, True)]
)
def test_a_folder_that_is_closed_or_sticky_does_not_forbid_a_file_that_is_open(open_folder, folder, file, can):
    place = open_folder / "folder" / "page.html"
    place.parent.mkdir()
    place.write_text("old")
    place.chmod(file)
    place.parent.chmod(folder)
    child = os.fork()
    if not child:
        os.setuid(4242)
        code = 0
        try:
            written(place)
        except ConfigError:
            code = 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (0 if can else 2)
    assert place.read_text(encoding="utf-8") == (TEXT if can else "old")


def test_a_failure_on_the_way_leaves_the_old_file_as_it_was(old, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        written(old)
    assert (old.read_text(), list(old.parent.iterdir())) == ("old", [old])


def test_nothing_is_created_over_a_file_and_a_link_to_nothing_is_followed(tmp_path, old):
    with pytest.raises(FileExistsError):
        outputs.create(old, TEXT)
    (tmp_path / "link").symlink_to("new.toml")
    outputs.create(tmp_path / "link", TEXT)
    assert (tmp_path / "new.toml").read_text(encoding="utf-8") == TEXT
    assert old.read_text() == "old"
