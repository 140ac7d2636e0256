"""One server of each kind for all tests of a process, and a place in it for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import lakes


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with lakes.serving() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3: str) -> Iterator[lakes.Bucket]:
    with lakes.bucket(s3) as made:
        yield made


@pytest.fixture(scope="session")
def google() -> Iterator[str]:
    with lakes.serving_google() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def azure() -> Iterator[str]:
    with lakes.serving_azure() as endpoint:
        yield endpoint


@pytest.fixture
def kind() -> str:
    """What :func:`place` is, where a test does not choose."""
    return "folder"


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty prefix of a kind."""
    if kind == "folder":
        yield lakes.folder(tmp_path)
    elif kind == "bucket":
        yield request.getfixturevalue("bucket").url
    else:
        with getattr(lakes, kind)(request.getfixturevalue(kind)) as url:
            yield url
