import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.demo.test_run import COMMAND, environment, home

__all__ = ["environment", "home"]


def asked(address: str, **headers: str) -> int:
    try:
        with urlopen(Request(address, headers=headers), timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_the_demo_says_where_to_watch_it_and_shows_it_there(environment: dict[str, str], home: Path) -> None:
    with subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        line = next(line for line in demo.stdout if line.startswith("Watch it live: "))
        address = line.removeprefix("Watch it live: ").strip()
        assert address.startswith("http://127.0.0.1:")
        next(line for line in demo.stdout if line.startswith("["))  # it has asked for its jobs
        assert asked(address + "jobs/1") == 200
        assert asked(address + "jobs/1", Host="pages.example") in {401, 403}
        demo.stdout.read()
    assert demo.returncode == 0


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_the_demo_runs_all_the_same(
    environment: dict[str, str], tmp_path: Path, missing: str
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as util\nfound = util.find_spec\n"
        f"util.find_spec = lambda name, package=None: None if name == {missing!r} else found(name, package)\n"
    )
    done = subprocess.run(
        COMMAND, env={**environment, "PYTHONPATH": str(hidden)}, capture_output=True, text=True, timeout=18, check=False
    )
    assert (done.returncode, "pip install 'headway[web]'" in done.stdout) == (0, True), done.stderr
