"""The programs in examples/ run."""

import subprocess
import sys

import pytest

from tests.docs.pages import ROOT


@pytest.mark.parametrize(("script", "printed"), [("script/greet.py", "Hello, Ann!\n")])
def test_an_example_runs_and_prints_what_it_should(script, printed, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert (0, printed) == (done.returncode, done.stdout), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_example_is_run_here():
    scripts = {str(file.relative_to(ROOT / "examples")) for file in (ROOT / "examples").rglob("*.py")}
    assert scripts == {
        "script/greet.py",
        "fastapi_jwt/shop.py",
        "fastapi_orders/shop.py",
        "django_groups/shop.py",
    }  # the sites: test_example_sites.py
