"""One S3 API for all tests of a process, and a bucket in it for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator

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
