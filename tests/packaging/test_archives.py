"""What is released: the scripts of others that the pages use are in wheel and sdist, each with its licence."""

import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.tidy.source import ROOT

# Of the 250 kB that a page may weigh when it is first opened; the rest is for its own style, scripts and text.
VENDOR_BYTES_MAX = 100_000

Files = Mapping[str, bytes]


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    return Path(next(SdistBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


def wheel_of(root: Path, folder: Path) -> Files:
    """The files of a wheel built from a tree, in this process: nothing is fetched where the stamp is true."""
    built = next(WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"]))
    with zipfile.ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def vendored(hooks: ModuleType) -> Files:
    """What has to be there, as it lies in the tree."""
    return {target.as_posix(): (ROOT / hooks.VENDOR / target).read_bytes() for _, target in hooks.copies(ROOT)}


def test_a_wheel_carries_every_script_and_its_licence(hooks: ModuleType, tmp_path: Path) -> None:
    wheel = wheel_of(ROOT, tmp_path)

    assert {name: wheel[f"headway/web/static/vendor/{name}"] for name in vendored(hooks)} == vendored(hooks)


def test_an_sdist_becomes_the_same_wheel_and_asks_no_npm(
    sdist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    refusing = tmp_path / "bin" / "npm"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(refusing.parent))

    wheel = wheel_of(tree, tmp_path / "dist")

    assert wheel == wheel_of(ROOT, tmp_path / "from-the-tree")


def test_every_package_brings_its_licence(hooks: ModuleType) -> None:
    declared = json.loads((ROOT / hooks.HERE / "package.json").read_text())

    assert declared["vendor"].keys() == declared["dependencies"].keys()
    assert [package for package, names in declared["vendor"].items() if "LICENSE" not in names] == []


def test_every_package_is_locked_by_its_hash_and_no_address(hooks: ModuleType) -> None:
    lock = json.loads((ROOT / hooks.HERE / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert packages
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_what_is_vendored_leaves_the_page_room(hooks: ModuleType) -> None:
    assert sum(map(len, vendored(hooks).values())) < VENDOR_BYTES_MAX
