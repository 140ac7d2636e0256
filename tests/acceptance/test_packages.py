"""A package that brings a table, installed into an environment of its own, with nothing of shardgen edited."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sysconfig
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

import shardgen
from shardgen.errors import PluginError, TargetError, VerificationError
from shardgen.model.config import PlanConfig
from shardgen.tables.planning import build_plan
from shardgen.tables.sizing import sizes
from tests.conftest import Database
from tests.examples import importable, install

pytestmark = pytest.mark.slow  # an environment is made for it

WORLD = ["--days=70", "--end=2026-01-01", "--customers=300", "--products=100", "--orders-per-day=200"]
WORLD += ["--sessions-per-day=300", "--tables=orders,parcels", "--workers=1", "--progress=none"]


@dataclass
class Environment:
    python: Path
    modules: Path
    dsn: str

    def start(self, *words: str) -> subprocess.Popen[str]:
        """``shardgen`` in the environment, in a process group of its own."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment["SHARDGEN_DSN"] = self.dsn
        command = [self.python, "-W", "error", "-m", "shardgen", *words]
        return subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        """Its exit code, and all that it said, in one line."""
        process = self.start(*words)
        out, errors = process.communicate(timeout=300)
        return process.returncode, " ".join((out + errors).split())


@pytest.fixture
def environment(tmp_path: Path, database: Database) -> Environment:
    """Without pip and without the network: what a wheel holds is unpacked where pip would put it."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(tmp_path / "venv")
    [modules] = tmp_path.glob("venv/lib/python*/site-packages")
    libraries = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (modules / "libraries.pth").write_text(libraries)
    install("parcels", modules)
    return Environment(python=tmp_path / "venv" / "bin" / "python", modules=modules, dsn=database.dsn)


def killed_after_a_shard(environment: Environment, database: Database) -> None:
    """A load whose coordinator is killed when its first shard is committed."""
    process = environment.start("load", *WORLD)
    query = "SELECT to_regclass('bronze.shardgen_shards')::text"
    while process.poll() is None:
        if database.rows(query)[0][0] and database.rows("SELECT count(*) FROM bronze.shardgen_shards")[0][0]:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.02)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_table_of_a_package_is_loaded_killed_resumed_verified_and_refused_without_it(environment, database):
    killed_after_a_shard(environment, database)

    package = environment.modules / "shardgen_parcels-1.0.dist-info"
    shutil.move(package, environment.modules / "away")
    code, told = environment.run("load", "--resume", "--progress=none")
    assert code == 2
    missing = (
        "parcels was loaded with shardgen-parcels 1.0, and that is not installed: pip install shardgen-parcels==1.0"
    )
    assert f"error: table={missing}" in told
    shutil.move(environment.modules / "away", package)

    metadata = (package / "METADATA").read_text()
    (package / "METADATA").write_text(metadata.replace("Version: 1.0", "Version: 1.1"))
    code, told = environment.run("load", "--resume", "--progress=none")
    assert (code, "and shardgen-parcels 1.1 is installed: pip install shardgen-parcels==1.0" in told) == (2, True)
    (package / "METADATA").write_text(metadata)

    code, told = environment.run("load", "--resume", "--progress=none", "--workers=2")
    assert (code, "plan, ledger and count(*) agree for every table" in told) == (0, True)
    code, told = environment.run("verify", "--progress=none", "--regenerate")
    assert code == 0
    assert "held parcels.L1" in told
    assert "held parcels content" in told
    database.run("UPDATE bronze.raw_parcels SET shipped_at = shipped_at + '1 s' WHERE parcel_id = 'PARC0000000001'")
    code, told = environment.run("verify", "--progress=none", "--level=laws", "--tables=parcels")
    assert (code, "FAILED parcels.L1" in told) == (1, True)

    code, told = environment.run("tables", "parcels", "--dbt", "--schema=mine")
    assert (code, "schema: mine" in told, "- name: raw_parcels" in told, "parcel_id" in told) == (0, True, True, True)

    assert environment.run("load", *WORLD[:-3], "--tables=customers", "--progress=none", "--workers=1")[0] == 0
    shutil.move(package, environment.modules / "away")
    code, told = environment.run("status")
    assert (code, "raw_parcels" in told) == (0, True)
    code, told = environment.run("verify")
    assert (code, f"rows and digests of run=1 are not looked at: table={missing}" in told) == (0, True)
    code, told = environment.run("verify", "--run=2", "--progress=none")
    assert (code, "held customers" in told) == (0, True)
    code, told = environment.run("verify", "--level=laws")
    assert (code, f"table=parcels is not looked at: it was {missing[12:]}" in told) == (0, True)
    code, told = environment.run("reset", "--run=1", "--yes")
    assert (code, f"table=parcels of run=1 was {missing[12:]}" in told) == (2, True)


def test_a_table_of_a_package_that_is_broken_since_is_in_no_other_tables_way(environment):
    assert environment.run("load", *WORLD)[0] == 0
    assert environment.run("load", *WORLD[:-3], "--tables=customers", "--progress=none", "--workers=1")[0] == 0
    law, module = (environment.modules / "shardgen_parcels" / name for name in ("l1.sql", "__init__.py"))
    right, whole = law.read_text(), module.read_text()
    law.write_text(right.replace("FULL JOIN", "FULL JION BORKEN"))
    code, told = environment.run("verify", "--progress=none", "--level=laws", "--json")
    assert code == 1
    assert '"status": "failed", "finding": "it cannot be asked: syntax error at or near' in told
    assert '"name": "L17"' in told
    law.write_text(right)

    module.write_text("import nowhere")
    code, told = environment.run("status")
    assert (code, "raw_parcels" in told) == (0, True)
    code, told = environment.run("verify")
    unusable = "table=parcels of shardgen-parcels 1.0 cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"
    assert (code, "held customers plan, ledger and count(*)" in told, "held L17" in told) == (0, True, True), told
    assert f"table=parcels is not looked at: it cannot be used here: {unusable}" in told
    assert f"rows and digests of run=1 are not looked at: {unusable}" in told
    assert environment.run("verify", "--tables=customers", "--progress=none")[0] == 0
    code, told = environment.run("verify", "--tables=orders", "--progress=none")
    assert (code, f"error: {unusable}" in told) == (2, True)
    module.write_text(whole)


def test_a_lake_tells_its_runs_and_verifies_the_others_without_the_package_of_a_table(tmp_path):
    place = {"target": f"file://{tmp_path}/shop", "progress": "none"}
    options = {"days": 3, "end": "2026-01-01", "customers": 50, "products": 20, "orders_per_day": 5, **place}
    with importable(install("parcels", tmp_path / "site")):
        shardgen.load(tables="orders,parcels", engine="threads", **options)
    shardgen.load(tables="customers", **options)
    [with_package, other] = shardgen.status(target=place["target"])
    assert [table.relation for table in with_package.tables] == ["raw_orders", "raw_parcels"]
    assert other.state == "finished"
    held = {(check.level, check.name) for check in shardgen.verify(**place).checks if check.status == "held"}
    assert {("counts", "customers"), ("laws", "L17"), ("digests", "customers")} <= held
    assert not {("counts", "orders"), ("digests", "orders"), ("counts", "parcels")} & held
    with pytest.raises(PluginError, match=r"table=parcels was loaded with shardgen-parcels 1.0, and that is not"):
        shardgen.verify(tables="orders", level="counts", **place)
    shardgen.reset(run=1, target=place["target"])
    assert [run.run for run in shardgen.status(target=place["target"])] == [2]


def test_a_dataset_of_a_package_is_loaded_verified_and_foretold_and_its_columns_are_there(tmp_path, database):
    options = {"days": 3, "end": "2026-01-01", "customers": 2_000, "orders_per_day": 5, "sessions_per_day": 5}
    with importable(install("loyalty", tmp_path / "site")):
        report = shardgen.load(
            database.dsn, dataset="loyalty", tables="customers", workers=1, progress="none", products=20, **options
        )
        verified = shardgen.verify(database.dsn, regenerate=True, progress="none")
        assert (report.ok, verified.ok) == (True, True)
        assert {check.name: check.status for check in verified.checks if check.level == "laws"}["L90"] == "held"
        assert database.rows("SELECT count(DISTINCT tier) FROM bronze.raw_customers") == [(3,)]
        assert database.rows("SELECT count(*) FROM bronze.raw_customers WHERE raw_data ->> 'tier' <> tier") == [(0,)]
        foretold = sizes(build_plan(PlanConfig.from_json(report.plan)))["customers"].total
        assert report.tables[0].size == pytest.approx(foretold, rel=0.1)
        with pytest.raises(TargetError, match="raw_customers holds rows of the finished run=1"):
            shardgen.load(database.dsn, tables="customers", progress="none", products=20, **options)
    assert shardgen.status(database.dsn)[0].plan["dataset"] == "loyalty"
    gone = (
        "customers was loaded with shardgen-loyalty 1.0, and that is not installed: pip install shardgen-loyalty==1.0"
    )
    with pytest.raises(VerificationError, match=f"nothing that can be verified here: what is in tables={gone}"):
        shardgen.verify(database.dsn, progress="none")
    with pytest.raises(TargetError, match=gone.replace("customers was", "customers of run=1 was")):
        shardgen.reset(database.dsn)
