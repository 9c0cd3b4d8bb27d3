import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headway import BatchState, Jobs
from headway.demo.home import HOME_VARIABLE
from headway.demo.library import LIBRARY_VARIABLE, TOP_LEVEL
from headway.demo.report import from_csv
from headway.demo.run import EXIT_INTERRUPTED
from headway.demo.server import REFUSALS
from headway.demo.stock import STOCK, differences_of
from tests.postgres.databases import ask, database_of, drop_databases

ODD = datetime(2026, 11, 22, 16, 0, 1, tzinfo=UTC)
EVEN = datetime(2026, 11, 22, 16, 0, 2, tzinfo=UTC)
COMMAND = (sys.executable, "-m", "headway", "demo", "--once")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def environment(tmp_path: Path, home: Path) -> dict[str, str]:
    library = tmp_path / "library"
    (library / "pkg").mkdir(parents=True)
    (library / "pkg" / "__init__.py").write_text("class A:\n    def f(self): ...\n")
    (library / "pkg" / "bad.py").write_text("def (\n")
    (library / "top.py").write_text("async def g(): ...\n")
    return {**os.environ, HOME_VARIABLE: str(home), LIBRARY_VARIABLE: str(library)}


def run_once(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, timeout=18, check=False)


def assert_the_report_came_once_from_its_batch(home: Path) -> None:
    """Every job of the run is counted in one batch, and the report is what that fired, once."""
    with Jobs(home / "store") as jobs:
        (batch,) = jobs.batches()
        stock = jobs.list(schedule=STOCK).total
        total = sum(jobs.counts().values()) - stock
        assert (batch.state, batch.completed, batch.jobs) == (BatchState.COMPLETED, total - 2, total - 2)
        report = jobs.get("demo-0001-report")
        assert (batch.success_job, report.detail().row.epoch) == (report.id, 1)
        schedule = jobs.get_recurring(STOCK).info()
        assert (schedule.run_count + schedule.skip_count, schedule.last_run is not None) == (stock, bool(stock))
        assert jobs.store.call(jobs.store.audit()) == ()


def test_the_demo_ends_well_when_every_count_is_right(environment: dict[str, str], home: Path):
    done = run_once(environment)

    assert (done.returncode, "3 modules" in done.stdout) == (0, True), done.stdout + done.stderr
    run = home / "runs" / "0001"
    modules = {module.path: module for module in from_csv((run / "modules.csv").read_text())}
    assert (modules["pkg/__init__.py"].functions, modules["top.py"].functions) == (1, 1)
    assert modules["pkg/bad.py"].problem
    assert f">{TOP_LEVEL}<" in (run / "report.html").read_text()
    assert len((run / "requests.log").read_text().splitlines()) == sum(REFUSALS.values()) + len(REFUSALS)
    assert "will be retried: the server answered 503" in done.stdout
    assert not (home / "current-run").exists()
    assert_the_report_came_once_from_its_batch(home)


def test_on_postgresql_it_is_the_same_in_a_schema_of_its_own(environment: dict[str, str], home: Path, tmp_path: Path):
    url = database_of(tmp_path)
    for run in ("0001", "0002"):  # from another folder, which knows nothing of the first
        shutil.rmtree(home, ignore_errors=True)
        done = run_once(environment | {"HEADWAY_URL": url})
        assert (done.returncode, "3 modules" in done.stdout) == (0, True), done.stdout + done.stderr
        assert (home / "runs" / run / "report.html").exists()
        assert not (home / "store").exists()
    with Jobs(f"{url}?schema=headway_demo") as jobs:
        assert [batch.state for batch in jobs.batches()] == [BatchState.COMPLETED] * 2
        assert jobs.store.call(jobs.store.audit()) == ()
    assert ask(tmp_path, "SELECT count(*) FROM headway.headway_job") == [(0,)]
    drop_databases(tmp_path)


def test_a_demo_that_was_killed_goes_on_where_it_was(environment: dict[str, str], home: Path):
    with subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        # The second head line comes after a second; the most often refused document takes longer than that.
        heads = (line for line in first.stdout if line.startswith("["))
        next(heads)
        next(heads)
        first.send_signal(signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL
    assert not (home / "runs" / "0001" / "report.html").exists()

    done = run_once(environment)

    assert (done.returncode, done.stdout.startswith("Run 0001:")) == (0, True), done.stdout + done.stderr
    assert [folder.name for folder in (home / "runs").iterdir()] == ["0001"]
    assert_the_report_came_once_from_its_batch(home)


def test_a_demo_for_programs_prints_one_document_and_tells_people_elsewhere(environment: dict[str, str]):
    done = run_once(environment, "--json")

    assert (done.returncode, json.loads(done.stdout)["exit_code"]) == (0, 0), done.stdout + done.stderr
    assert done.stderr.startswith("Run 0001:")


def test_a_demo_that_is_interrupted_says_that_it_can_go_on(environment: dict[str, str], home: Path):
    with subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        next(line for line in first.stdout if line.startswith("["))
        first.send_signal(signal.SIGINT)
        rest = first.stdout.read()
    assert (first.returncode, rest.splitlines()[-1]) == (
        EXIT_INTERRUPTED,
        "Interrupted. Start the demo again and it goes on where it was.",
    )
    assert (home / "current-run").exists()


def test_a_demo_that_is_killed_while_its_report_is_judged_goes_on_with_that_run(
    environment: dict[str, str], home: Path
):
    library = Path(environment[LIBRARY_VARIABLE])
    (library / "long.py").write_text("x = [1, 2, 3]\n" * 20_000)  # so that the judge has something to do
    with subprocess.Popen(COMMAND, env=environment, stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr
        next(line for line in first.stderr if line.startswith("Counting again"))
        first.send_signal(signal.SIGKILL)
    assert (home / "runs" / "0001" / "report.html").exists()
    assert (home / "current-run").read_text().startswith("0001 ")


def test_a_demo_that_goes_on_after_the_report_ends_well_with_ctrl_c(environment: dict[str, str], home: Path):
    with subprocess.Popen(COMMAND[:-1], env=environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        next(line for line in first.stdout if line.startswith("The worker goes on until Ctrl-C"))
        first.send_signal(signal.SIGINT)
        rest = first.stdout.read()
    assert (first.returncode, rest, (home / "current-run").exists()) == (0, "", False)


def test_stock_is_right_if_each_instant_is_one_and_comes_once():
    assert list(differences_of([EVEN])) == []
    assert list(differences_of([EVEN, EVEN])) == [f"stock was taken 2 times for {EVEN}"]
    assert list(differences_of([ODD])) == [f"stock was taken for {ODD}, which is no instant of the schedule"]
