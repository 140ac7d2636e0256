"""What holds of every table holds of one that a package brings: the examples are installed for these tests."""

from __future__ import annotations

import pytest

from tests.examples import importable, install


@pytest.fixture(scope="session", autouse=True)
def parcels(tmp_path_factory):
    site = tmp_path_factory.mktemp("examples") / "site"
    with importable(install("loyalty", install("parcels", site))):
        yield
