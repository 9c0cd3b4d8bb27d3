"""A store that moves while a client enqueues all the time and workers work: nothing accepted is lost, and nothing runs twice."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from headway import Jobs, State
from tests.acceptance.moments import until
from tests.cli.stage import run
from tests.moving.stores import place_of
from tests.moving.workers import PROCESS_S, Started, started

pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = """
from pathlib import Path

import headway

jobs = headway.Jobs()


@jobs.job
def note(number: int) -> int:
    with open("effects", "a") as file:
        file.write(f"{number}\\n")
    return number
"""
CLIENT = """
import sys
from pathlib import Path
from threading import Event

import headway


def note(number: int) -> int:
    return number


pause, number = Event(), 0
jobs = headway.Jobs()
job = jobs.register(note, name="shop:note")
with open("accepted", "a", buffering=1) as accepted, open("refused", "a", buffering=1) as refused:
    while not Path("enough").exists():
        try:
            ref = job.enqueue(number)
        except headway.StoreMoved as error:
            refused.write(f"{number}\\n")
            if error.is_for_good:
                jobs.close()
                jobs = headway.Jobs(sys.argv[1])
                job = jobs.register(note, name="shop:note")
        else:
            accepted.write(f"{number} {ref.ref_id}\\n")
            number += 1
        pause.wait(0.005)
"""


class Traffic:
    """A client and two workers, and what they wrote down."""

    def __init__(self, folder: Path, source: str, target: str) -> None:
        self.folder, self.source, self.target = folder, source, target
        (folder / "shop.py").write_text(APPLICATION)

    def lines(self, name: str) -> list[str]:
        file = self.folder / name
        return [line for line in file.read_text().split("\n")[:-1] if line] if file.exists() else []

    @contextmanager
    def flowing(self) -> Iterator[Started]:
        """The client enqueues from here on."""
        with started(self.folder, self.source, ["-c", CLIENT, self.target], name="client") as client:
            yield client

    @contextmanager
    def working(self, place: str, name: str) -> Iterator[list[Started]]:
        """Two workers there."""
        words = ["-m", "headway", "worker", "shop:jobs", "--concurrency", "2"]
        with ExitStack() as stack:
            yield [
                stack.enter_context(started(self.folder, place, words, name=f"{name}-{number}")) for number in (1, 2)
            ]

    def goes_on(self, name: str = "effects") -> None:
        """Wait until thirty more are written down."""
        before = len(self.lines(name))
        assert until(lambda: len(self.lines(name)) >= before + 30, seconds=PROCESS_S), self.lines(name)[-3:]

    def end(self, client: Started, place: str) -> None:
        """The client stops. All that was accepted is there and ran, each once, and nothing else did."""
        (self.folder / "enough").touch()
        assert client.ends() == 0, client.said()
        accepted = dict(reversed(line.split()) for line in self.lines("accepted"))
        with Jobs(place) as jobs:

            def states() -> set[State]:
                return {jobs.get(ref).status().state for ref in accepted}

            assert until(lambda: states() == {State.COMPLETED}, seconds=PROCESS_S), states()
        assert Counter(self.lines("effects")) == Counter(accepted.values())


@pytest.fixture(params=["sqlite-to-postgres", "postgres-to-sqlite"])
def traffic(request: pytest.FixtureRequest, tmp_path: Path) -> Traffic:
    one, other = str(request.param).split("-to-")
    return Traffic(tmp_path, place_of(one, tmp_path / "source"), place_of(other, tmp_path / "target"))


def copy(*words: str) -> str:
    """As an operator does, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "headway", "copy", *words],
        text=True,
        capture_output=True,
        timeout=PROCESS_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def die_copying(source: str, target: str) -> None:
    """A copy that is killed after its first block."""
    died = subprocess.run(
        [sys.executable, "-m", "tests.moving.child", source, target, "1"], cwd=ROOT, timeout=PROCESS_S, check=False
    )
    assert died.returncode == -signal.SIGKILL


@pytest.mark.parametrize("killed", [False, True], ids=["whole", "killed"])
def test_a_store_moves_under_load(traffic: Traffic, killed: bool) -> None:
    source, target = traffic.source, traffic.target
    with traffic.flowing() as client, traffic.working(source, "old") as old:
        traffic.goes_on()
        if killed:
            die_copying(source, target)
            traffic.goes_on("refused")
            assert not (set(traffic.lines("refused")) & {line.split()[0] for line in traffic.lines("accepted")})
        copy(source, target)
        assert [worker.ends() for worker in old] == [4, 4], [worker.said() for worker in old]
        assert all("has moved to" in worker.said() for worker in old)
        traffic.goes_on("accepted")
        with traffic.working(target, "new"):
            traffic.goes_on()
            traffic.end(client, target)


def test_one_that_is_given_up_goes_on_where_it_was(traffic: Traffic) -> None:
    source, target = traffic.source, traffic.target
    with traffic.flowing() as client, traffic.working(source, "old") as old:
        traffic.goes_on()
        die_copying(source, target)
        traffic.goes_on("refused")
        copy(source, "--release")
        copy(target, "--release")
        traffic.goes_on("accepted")
        traffic.goes_on()
        traffic.end(client, source)
        assert [worker.stop() for worker in old] == [0, 0], [worker.said() for worker in old]
    assert run("jobs", "counts", "--store", target, "--json").json["total"] == 0
