import sys

import pytest

from tests.cli.application import write
from tests.cli.stage import Stage


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path / "jobs")
    yield made
    made.store.close()


@pytest.fixture
def app(tmp_path, monkeypatch):
    """An application that the command line, run in this process, imports from the current directory."""
    made = write(tmp_path / "shop", f"shop_{tmp_path.name}")
    monkeypatch.chdir(made.folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield made
    module = sys.modules.pop(made.module, None)
    if module is not None:
        module.jobs.close()
