"""What holds of every table holds of one that a package brings: the examples are installed for these tests."""

from __future__ import annotations

import pytest

from tests.examples import importable, install


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    return install("loyalty", install("parcels", tmp_path_factory.mktemp("examples") / "site"))


@pytest.fixture(scope="module", autouse=True)
def examples(site):
    with importable(site):
        yield
