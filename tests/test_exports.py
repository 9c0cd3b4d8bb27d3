"""The package's names: imported when first used, the same for checkers, for programs and at a prompt."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import headway
from headway.exports import PLACES

SOURCE = Path(headway.__file__).read_text(encoding="utf-8")
LIMIT_S = 15


def told_to_checkers():
    found = {}
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.ImportFrom) and node.module not in {"typing", "headway.exports"}:
            found |= {alias.name: node.module for alias in node.names}
    return found


def loaded_after(code):
    # What measures coverage would load some of these by itself.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        env=unmeasured,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    return set(done.stdout.split())


def test_programs_and_checkers_are_told_the_same_places():
    assert told_to_checkers() == dict(PLACES)


def test_every_name_is_public_and_there():
    assert sorted(headway.__all__) == sorted(PLACES) == dir(headway)
    for name in headway.__all__:
        assert getattr(headway, name).__name__ == name or name in {"OnInterrupt", "RunIn"}, name


def test_a_name_that_is_not_there_is_an_error_as_in_any_module():
    with pytest.raises(AttributeError, match="module 'headway' has no attribute 'Jobz'"):
        _ = headway.Jobz


def test_a_name_stays_the_same_object():
    assert headway.Jobs is headway.Jobs
    assert "Jobs" in vars(headway)


def test_importing_the_package_loads_nothing_that_costs_time():
    loaded = loaded_after("import headway")
    assert not {"msgspec", "sqlite3", "logging", "dataclasses", "asyncio"} & loaded
    assert {name for name in loaded if name.startswith("headway")} == {"headway", "headway.exports"}


def test_a_client_loads_no_worker():
    loaded = loaded_after("from headway import Jobs, Context, Retry, StoreFull")
    assert not {name for name in loaded if name.startswith(("headway.worker.", "headway.cli.", "headway.view."))}
    assert "asyncio" not in loaded
