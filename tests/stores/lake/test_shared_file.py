"""A file of a lake that DuckDB's threads read at once: each gets what it has sought."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("obstore")

from shardgen.stores.lake.address import parsed
from shardgen.stores.lake.duck.filesystem import SharedFile
from shardgen.stores.lake.objects import Objects

SIZE = 1_000_000


@pytest.fixture
def content() -> bytes:
    return random.Random(1).randbytes(SIZE)


@pytest.fixture
def file(tmp_path, content) -> SharedFile:
    (tmp_path / "file").write_bytes(content)
    return SharedFile(Objects(parsed(f"file://{tmp_path}")), "file", size=SIZE)


def test_threads_that_seek_and_read_get_what_they_sought(file, content):
    def look(seed: int) -> bool:
        dice, right = random.Random(seed), True
        for _ in range(300):
            start, length = dice.randrange(SIZE), dice.randrange(1, 5_000)
            file.seek(start)
            right &= file.read(length) == content[start : start + length]
        return right

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, range(4)))


def test_threads_that_only_read_go_on_where_the_last_one_stopped(file, content):
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        parts = [pool.submit(file.read, 300_000).result() for pool in (one, other, one, other)]
    assert b"".join(parts) == content


def test_it_is_read_from_its_end_too(file, content):
    file.seek(-8, 2)
    assert file.tell() == SIZE - 8
    assert file.read() == content[-8:]
