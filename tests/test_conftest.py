"""The rule of tests/conftest.py that a skip is a failure in CI, seen from outside: in a run of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "test_mark.py": "import pytest\n\n@pytest.mark.skip(reason='no tool')\ndef test_a(): ...\n",
    "test_call.py": "import pytest\n\ndef test_a():\n    pytest.skip('no tool')\n",
    "test_module.py": "import pytest\n\npytest.importorskip('no_such_module')\n\ndef test_a(): ...\n",
    "test_expected.py": "import pytest\n\n@pytest.mark.xfail\ndef test_a():\n    assert False\n",
    "pytest.ini": "[pytest]\naddopts = -q --assert=plain -p no:cacheprovider -p no:randomly -p no:xdist --continue-on-collection-errors\n",
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    for name, text in SKIPS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def last_line(suite: Path, **environment: str) -> str:
    bare = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", str(suite)]
    run = subprocess.run(command, cwd=suite, env=bare | environment, capture_output=True, check=False, text=True)
    return run.stdout.splitlines()[-1]


def test_every_kind_of_skip_fails_the_run_where_ci_is_set(suite: Path) -> None:
    assert last_line(suite, CI="true").startswith("2 failed, 2 errors in")


def test_a_skip_stays_a_skip_elsewhere(suite: Path) -> None:
    assert last_line(suite).startswith("3 skipped, 1 xfailed in")
