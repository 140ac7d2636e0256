"""What holds of every table holds of one that a package brings: the example is installed for these tests."""

from __future__ import annotations

import pytest

from tests.examples import importable, install


@pytest.fixture(scope="session", autouse=True)
def parcels(tmp_path_factory):
    with importable(install("parcels", tmp_path_factory.mktemp("parcels") / "site")):
        yield
