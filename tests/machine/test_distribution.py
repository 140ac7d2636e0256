"""What is installed: the wheel and the sdist, built by the backend that pip calls, without pip."""

from __future__ import annotations

import ast
import configparser
import re
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from shardgen.cli.versions import LIBRARIES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "shardgen"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    return built(ROOT, tmp_path_factory.mktemp("wheel"))


def built(root: Path, folder: Path) -> zipfile.ZipFile:
    [path] = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(path)


def described(wheel: zipfile.ZipFile, file: str) -> str:
    [name] = [name for name in wheel.namelist() if name.endswith(f".dist-info/{file}")]
    return wheel.read(name).decode()


def requirements(wheel: zipfile.ZipFile) -> set[str]:
    """Names of what users get, extras for developers aside."""
    found = Parser().parsestr(described(wheel, "METADATA")).get_all("Requires-Dist")
    return {canonical(re.match(r"[\w.-]+", line)[0]) for line in found if "extra == 'dev'" not in line}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    files = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == files
    assert "shardgen/py.typed" in files
    assert {Path(name).suffix for name in files} >= {".py", ".sql", ".md", ".typed"}


def test_the_sdist_is_enough_to_build_the_same_wheel(wheel, tmp_path):
    [path] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = [each for each in tmp_path.iterdir() if each.is_dir()]
    again = built(unpacked, tmp_path / "wheel")
    assert {name: again.read(name) for name in again.namelist()} == {
        name: wheel.read(name) for name in wheel.namelist()
    }


def test_the_program_is_there(wheel):
    scripts = configparser.ConfigParser()
    scripts.read_string(described(wheel, "entry_points.txt"))
    assert dict(scripts["console_scripts"]) == {"shardgen": "shardgen.__main__:main"}


def test_everything_that_is_imported_is_required(wheel):
    owners = metadata.packages_distributions()
    required = requirements(wheel)
    for path in PACKAGE.rglob("*.py"):
        for name in imported(path) - set(sys.stdlib_module_names) - {"shardgen"}:
            assert {canonical(each) for each in owners[name]} & required, f"{path} imports {name}"


def test_the_versions_that_are_told_are_of_what_is_required(wheel):
    assert set(LIBRARIES) <= requirements(wheel)


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_licence_is_named_and_its_text_is_there(wheel):
    facts = Parser().parsestr(described(wheel, "METADATA"))
    assert facts["License-Expression"] == "Apache-2.0"
    assert facts.get_all("License-File") == ["shardgen/LICENSE"]
    [text] = [name for name in wheel.namelist() if ".dist-info/licenses/" in name]
    assert wheel.read(text).decode() == (PACKAGE / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in wheel.read(text).decode()
    assert not [line for line in facts.get_all("Classifier") if line.startswith("License")]


def test_the_source_archive_has_the_licence_too(tmp_path):
    [path] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(path) as archive:
        assert any(name.endswith("/shardgen/LICENSE") for name in archive.getnames())
