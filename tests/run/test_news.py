"""What passes between a supervisor and its hosts beside jobs: start-up, events for hooks, handlers registered later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from headway.model.event import EventKind, JobEvent
from headway.model.outcome import EndKind
from headway.run.frames import Hello, Learned, Spec
from headway.run.hooks import EVENTS_MAX, Waiting
from headway.run.pipe import PipeRunner
from headway.run.pool import ChildPool
from headway.run.unavailable import HostUnavailable, HostUnstarted
from tests.run.stage import QUICK, Claims, Recorder, wait_for
from tests.worker.stage import info

DUE = datetime(2030, 1, 1, tzinfo=UTC)
ROOT = str(Path(__file__).parents[2])
SHOP = """
import asyncio
import os
from pathlib import Path
from tests.run.stage import Company, QUICK, register
from headway.run.settings import HostSettings

FOLDER = Path(__file__).parent
jobs = Company(host_settings=HostSettings(result_bytes_max=5, settle_grace_s=0.125))

def write(name, text):
    with (FOLDER / name).open("a") as file:
        file.write(text + "\\n")

async def warm_up():
    write("started", f"{os.getpid()} {type(asyncio.get_running_loop()).__name__}")

jobs.registry.on_startup.append((0, warm_up))
jobs.registry.on_failure.append(lambda event: write("failed", f"{event.id} {event.due}"))

@jobs.registry.on_retry.append
async def retried(event):
    write("retried", f"{event.id} {event.due:%Y}")

@register(jobs.registry)
def answer() -> str:
    return "too long"

@register(jobs.registry)
def die() -> None:
    os._exit(3)

@register(jobs.registry)
def grow() -> None:
    @register(jobs.registry, "shop.late")
    def late() -> int:
        return 1

@register(jobs.registry)
def plug() -> None:
    import plugin
"""
PLUGIN = """
from shop import jobs
from tests.run.stage import register

@register(jobs.registry, "shop.plugged")
def plugged() -> int:
    return 2
"""


class Stage:
    """Runners of the shop, and what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "shop.py").write_text(SHOP)
        self.spec = Spec("shop:jobs", paths=(str(folder), ROOT))
        self.told = Recorder()
        self.claim = Claims()
        self.news: list[Hello | Learned] = []
        self.runners: list[PipeRunner | ChildPool] = []

    def host(self) -> PipeRunner:
        runner = PipeRunner(self.spec)
        runner.news = self.news.append
        self.runners.append(runner)
        self.hello = runner.open(15)
        runner.start(self.told)
        return runner

    def pool(self) -> ChildPool:
        pool = ChildPool(self.spec, size=1)
        self.runners.append(pool)
        pool.start(self.told)
        return pool

    def lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    one = Stage(tmp_path)
    yield one
    for runner in one.runners:
        runner.close(0.5)


def event(number: int, kind: EventKind) -> JobEvent:
    return JobEvent(kind=kind, id=number, epoch=1, ref_id="r", name="n", queue="q", attempt=1, due=DUE)


def test_a_host_process_runs_its_start_up_hooks_on_its_loop_before_it_says_hello(stage: Stage) -> None:
    runner = stage.host()
    (line,) = stage.lines("started")
    assert line.split()[0] == str(runner.pids[0])
    assert "EventLoop" in line


def test_a_hello_says_which_hooks_there_are_and_how_the_application_wants_its_host(stage: Stage) -> None:
    stage.host()
    assert set(stage.hello.hooks) == {EventKind.FAILED, EventKind.RETRYING}
    assert stage.hello.host_settings.settle_grace_s == 0.125
    claim = stage.claim("answer")
    stage.runners[0].give([claim])
    assert stage.told.ending(claim).code == "result_omitted"


def test_a_child_keeps_the_limit_of_its_application_and_runs_no_start_up_hook(stage: Stage) -> None:
    pool = ChildPool(stage.spec, size=1)
    stage.runners.append(pool)
    pool.start(stage.told)
    claim = stage.claim("answer")
    pool.give([claim])
    assert stage.told.ending(claim).code == "result_omitted"
    assert stage.lines("started") == []


def test_other_settings_of_the_spec_win(stage: Stage) -> None:
    stage.spec = msgspec.structs.replace(stage.spec, settings=QUICK)
    stage.host()
    assert stage.hello.host_settings == QUICK


def test_hooks_in_the_host_process_are_told(stage: Stage) -> None:
    stage.host().tell([event(1, EventKind.FAILED), event(2, EventKind.RETRYING), event(3, EventKind.CANCELLED)])
    wait_for(lambda: stage.lines("failed") == ["1 2030-01-01 00:00:00+00:00"] and stage.lines("retried") == ["2 2030"])


def test_events_while_no_host_is_ready_are_told_to_the_next_one(stage: Stage) -> None:
    runner = stage.host()
    (pid,) = runner.pids
    claim = stage.claim("die")
    runner.give([claim])
    stage.told.ending(claim)
    assert pid not in runner.pids
    runner.tell([event(5, EventKind.RETRYING)])
    wait_for(lambda: stage.lines("retried") == ["5 2030"])
    assert len(stage.lines("started")) == 2


def test_a_start_up_hook_that_raises_keeps_the_host_from_coming_up(stage: Stage) -> None:
    (stage.folder / "shop.py").write_text(SHOP + "\njobs.registry.on_startup.append((1, lambda: 1 / 0))\n")
    runner = PipeRunner(stage.spec)
    with pytest.raises(HostUnstarted, match="on_startup hook <lambda> failed: ZeroDivisionError") as caught:
        runner.open(15)
    assert "Traceback" in caught.value.traceback
    assert stage.lines("started") == []
    assert runner.pids == ()


@pytest.mark.parametrize("ends", ["raise SystemExit(0)", "raise KeyboardInterrupt"])
def test_a_start_up_hook_that_wants_to_end_the_process_fails_the_start(stage: Stage, ends: str) -> None:
    hook = f"\ndef leave():\n    {ends}\njobs.registry.on_startup.append((1, leave))\n"
    (stage.folder / "shop.py").write_text(SHOP + hook)
    with pytest.raises(HostUnstarted, match="in leave"):
        PipeRunner(stage.spec).open(15)


def test_an_application_whose_place_cannot_be_is_told_like_one_that_cannot_be_imported(stage: Stage) -> None:
    (stage.folder / "shop.py").write_text(SHOP + '\njobs.place = ""\n')
    with pytest.raises(HostUnavailable, match="could not be imported"):
        PipeRunner(stage.spec).open(15)


def test_a_handler_registered_while_the_host_works_is_announced_and_runs(stage: Stage) -> None:
    runner = stage.host()
    grow, late = stage.claim("grow"), stage.claim("shop.late")
    runner.give([grow])
    stage.told.ending(grow)
    hello, learned = stage.news
    assert isinstance(hello, Hello)
    assert isinstance(learned, Learned)
    assert ([info.name for info in learned.handlers], learned.modules) == (["shop.late"], ("shop",))
    runner.give([late])
    assert stage.told.ending(late).result == "1"


def test_a_host_that_takes_another_s_place_says_what_it_knows_before_it_is_given_anything(stage: Stage) -> None:
    runner = stage.host()
    for name in ("grow", "die"):
        claim = stage.claim(name)
        runner.give([claim])
        stage.told.ending(claim)
    runner.give([late := stage.claim("shop.late")])
    ending = stage.told.ending(late)
    assert (ending.kind, ending.code) == (EndKind.RELEASED, "unknown_handler")
    again = stage.news[-1]
    assert isinstance(again, Hello)
    assert "shop.late" not in [info.name for info in again.handlers]


def test_a_host_that_takes_another_s_place_imports_again_where_handlers_came_late(stage: Stage) -> None:
    (stage.folder / "plugin.py").write_text(PLUGIN)
    runner = stage.host()
    for name in ("plug", "die"):
        claim = stage.claim(name)
        runner.give([claim])
        stage.told.ending(claim)
    runner.give([late := stage.claim("shop.plugged")])
    assert stage.told.ending(late).result == "2"


def test_a_module_that_cannot_be_imported_again_does_not_keep_a_process_from_starting(stage: Stage) -> None:
    spec = msgspec.structs.replace(stage.spec, late=("nowhere.at_all",))
    runner = PipeRunner(spec)
    stage.runners.append(runner)
    assert "grow" in {info.name for info in runner.open(15).handlers}


def test_a_warm_child_makes_way_for_one_that_knows_a_handler_that_came_late(stage: Stage) -> None:
    (stage.folder / "plugin.py").write_text(PLUGIN)
    pool = stage.pool()
    pool.give([first := stage.claim("answer")])
    stage.told.ending(first)
    (old,) = pool.pids
    pool.learn([info("shop.plugged")], ["plugin"])
    pool.give([second := stage.claim("answer")])
    stage.told.ending(second)
    assert pool.pids == (old,)  # nobody wanted the new one yet
    pool.give([late := stage.claim("shop.plugged"), third := stage.claim("answer")])
    assert stage.told.ending(late).result == "2"
    assert stage.told.ending(third).code == "result_omitted"
    assert old not in pool.pids


def test_a_handler_that_no_child_can_find_is_given_back_and_named_once_it_is_known(stage: Stage) -> None:
    pool = stage.pool()
    lacking: list[frozenset[str]] = []
    pool.lacking = lacking.append
    pool.give([warm := stage.claim("answer")])
    stage.told.ending(warm)
    pool.learn([info("only.here")], ["shop"])
    pool.give([claim := stage.claim("only.here"), after := stage.claim("answer")])
    ending = stage.told.ending(claim)
    assert (ending.kind, ending.code) == (EndKind.RELEASED, "unknown_handler")
    assert lacking == [frozenset({"only.here"})]
    assert stage.told.ending(after).code == "result_omitted"


def test_no_more_events_wait_than_there_is_room_for() -> None:
    waiting = Waiting()
    many = [event(n, EventKind.FAILED) for n in range(EVENTS_MAX + 2)]
    assert (waiting.add(many), waiting.add(many[:1]), waiting.dropped) == (2, 1, 3)
    assert waiting.take().id == 0
    assert len(waiting.take_all()) == EVENTS_MAX - 1
    assert not waiting
