"""What the hosts of a worker know, and what of that the worker claims."""

import logging
from collections.abc import Sequence

import pytest

from headway.model.claim import NewJob
from headway.model.handler import HandlerInfo, RunIn
from headway.model.job import State
from headway.model.outcome import Ending, EndKind
from headway.model.schedule import Definition
from headway.model.timetable import cron
from headway.run.frames import Hello, Learned, Spec
from headway.run.pipe import PipeRunner
from headway.worker.judge import Judge
from headway.worker.learning import Learning
from tests.run.stage import Claims
from tests.worker.stage import info


def runners(count: int) -> list[PipeRunner]:
    """Never started: the test says what their hosts would."""
    return [PipeRunner(Spec("shop:jobs")) for _ in range(count)]


def hello(*names: str, schedules: tuple[Definition, ...] = ()) -> Hello:
    return Hello(1, "place", "{}", tuple(info(name) for name in names), schedules=schedules)


def schedule(name: str, expression: str = "0 2 * * *") -> Definition:
    return Definition(name=name, timetable=cron(expression), job=NewJob(ref_id="", name="job", payload="{}"))


class Worker:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[list[str], tuple[str, ...]]] = []
        self.planned: list[list[Definition]] = []

    def know(self, infos: Sequence[HandlerInfo], modules: Sequence[str]) -> None:
        self.told.append(([one.name for one in infos], tuple(modules)))

    def plan(self, definitions: Sequence[Definition]) -> None:
        self.planned.append(list(definitions))


def test_a_handler_counts_when_every_host_has_announced_it_and_is_told_once() -> None:
    worker = Worker()
    one, two = hosts = runners(2)
    Learning(hosts).attend(worker.know, worker.plan)
    one.news(hello("job"))
    two.news(hello("job"))
    one.news(Learned((info("late"),), ("plugin",)))
    assert worker.told == [(["job"], ())]
    two.news(Learned((info("late"),), ("plugin",)))
    one.news(Learned((info("late"),), ("plugin",)))
    assert worker.told == [(["job"], ()), (["job", "late"], ("plugin",))]


def test_what_was_announced_before_the_worker_attends_is_not_lost() -> None:
    worker = Worker()
    (one,) = hosts = runners(1)
    learning = Learning(hosts)
    one.news(hello("job"))
    one.news(Learned((info("early"),)))
    learning.attend(worker.know, worker.plan)
    assert worker.told == [(["job", "early"], ())]


def test_what_a_host_that_took_another_s_place_does_not_know_is_claimed_no_more() -> None:
    worker = Worker()
    one, _ = hosts = runners(2)
    Learning(hosts).attend(worker.know, worker.plan)
    for host in hosts:
        host.news(hello("job"))
    for host in hosts:
        host.news(Learned((info("late"),)))
    one.news(hello("job"))
    assert [names for names, _ in worker.told] == [["job"], ["job", "late"], ["job"]]


def test_a_schedule_counts_when_one_host_has_it_and_the_later_word_counts() -> None:
    worker = Worker()
    one, two = hosts = runners(2)
    learning = Learning(hosts)
    one.news(hello("job", schedules=(schedule("a"), schedule("b"))))
    learning.attend(worker.know, worker.plan)
    assert worker.planned == [[schedule("a"), schedule("b")]]
    two.news(Learned((), schedules=(schedule("late"),)))
    assert worker.planned[1:] == [[schedule("late")]]
    one.news(hello("job", schedules=(schedule("a", "0 3 * * *"),)))
    assert worker.planned[2:] == [[schedule("a", "0 3 * * *")]]
    one.news(Learned((info("handler"),)))
    assert len(worker.planned) == 3


def test_the_judge_claims_what_is_known_now_and_judges_by_what_it_ever_knew() -> None:
    judge = Judge([info("job"), info("late", RunIn.PROCESS)])
    assert (judge.names.host, judge.names.child) == ({"job"}, {"late"})
    judge.know([info("job")])
    assert judge.names.every == ("job",)
    assert judge.runs_in_child(Claims()("late"))


def test_options_of_a_newer_writer_are_passed_over_when_an_end_is_judged() -> None:
    judge = Judge([info("job")], draw=lambda: 0.5)
    claim = Claims()("job", options='{"timeout_us":"long","backoff":7}')
    settlement = judge.settlement(claim, Ending(claim.id, 1, EndKind.TIMED_OUT, 0, 0))
    assert (settlement.state, settlement.due_delay_us) == (State.SCHEDULED, 7_000_000)
    claim = Claims()("job", options='{"backoff":"{}"}')
    settlement = judge.settlement(claim, Ending(claim.id, 1, EndKind.TIMED_OUT, 0, 0))
    assert (settlement.state, settlement.due_delay_us > 0) == (State.SCHEDULED, True)


def test_process_jobs_that_no_child_knows_are_not_claimed_and_their_suspects_run_in_a_host() -> None:
    judge = Judge([info("job"), info("heavy", RunIn.PROCESS)])
    suspect = Claims()("job", suspect=1)
    assert judge.runs_in_child(suspect)
    judge.lack(frozenset({"job", "heavy"}))
    assert judge.names.every == ("job",)
    assert not judge.runs_in_child(suspect)
    judge.learn([info("heavy", RunIn.PROCESS), info("job")])
    assert judge.names.every == ("heavy", "job")
    assert judge.runs_in_child(suspect)


def test_what_a_schedule_may_not_mean_is_said_once_for_all_hosts(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker()
    one, two = hosts = runners(2)
    Learning(hosts).attend(worker.know, worker.plan)
    with caplog.at_level(logging.WARNING, "headway.schedules"):
        for host in (one, two, one):
            host.news(hello("job", schedules=(schedule("friday", "0 4 13 * 5"), schedule("fine"))))
    (record,) = caplog.records
    assert record.getMessage().startswith(
        "the schedule friday (0 4 13 * 5): day of month and day of week must both match"
    )
