"""The build hook as hatchling loads it, and a copy of the tree that a test may change."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.tidy.source import ROOT


@pytest.fixture(scope="session")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "ui" / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(hooks: ModuleType, tmp_path: Path) -> Path:
    """What the hook reads and writes, with everything fetched already."""
    for folder in (hooks.HERE, hooks.VENDOR):
        shutil.copytree(ROOT / folder, tmp_path / "tree" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tree"
