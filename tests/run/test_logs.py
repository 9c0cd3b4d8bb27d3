"""How what is logged inside a job reaches its log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from headway.model.context import Context
from headway.model.outcome import Ending
from headway.run.host import Host
from headway.run.logs import JobLogHandler
from tests.run.stage import QUICK, Claims, Company, Recorder, forever, register

ELSEWHERE = logging.getLogger("somebody.elses.module")


class Keeping(logging.Handler):
    """Keeps its records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def program_with(*handlers: logging.Handler, level: int = logging.WARNING) -> Iterator[None]:
    """The root logger as a program set it up; the test runner puts its own handlers on it while a test runs."""
    root = logging.getLogger()
    kept, kept_level = root.handlers[:], root.level
    root.handlers[:] = handlers
    root.setLevel(level)
    yield
    assert (root.handlers, root.level) == (list(handlers), level)
    root.handlers[:] = kept
    root.setLevel(kept_level)


def run_one(
    body: Any, *handlers: logging.Handler, level: int = logging.WARNING, **options: Any
) -> tuple[Recorder, Ending]:
    company, told, claim = Company(), Recorder(), Claims()
    register(company.registry, "shop.job", **options)(body)
    host = Host(company)
    one = claim("shop.job", queue="mail", tries=1)
    with program_with(*handlers, level=level):
        host.start(told)
        host.give([one])
        ending = told.ending(one)
        host.close(1)
    return told, ending


def test_with_two_hosts_in_a_process_what_a_job_logs_is_in_its_log_once() -> None:
    company, told, claim = Company(), Recorder(), Claims()

    @register(company.registry)
    def talks() -> None:
        ELSEWHERE.warning("once")

    hosts = [Host(company), Host(company)]
    one = claim("talks")
    with program_with():
        for host in hosts:
            host.start(told)
        hosts[1].give([one])
        told.ending(one)
        for host in hosts:
            host.close(1)
    assert [line.text for line in told.lines(one.id)] == ["once"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("levels", [(10, 20), (20, 10), (20, 20)])
def test_the_hosts_of_a_process_share_the_root_s_level_and_the_last_one_leaves_it_as_it_was(
    order: tuple[int, int], levels: tuple[int, int]
) -> None:
    handlers = [JobLogHandler(level, lambda _voice: False) for level in levels]
    root = logging.getLogger()
    with program_with():
        for handler in handlers:
            handler.install()
        assert root.level == min(levels)
        handlers[order[0]].remove()
        assert root.level == levels[order[1]]
        handlers[order[1]].remove()


def test_two_hosts_in_a_program_without_logging_leave_its_warnings_on_standard_error_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handlers = [JobLogHandler(20, lambda _voice: False) for _ in range(2)]
    with program_with():
        for handler in handlers:
            handler.install()
        ELSEWHERE.warning("look here")
        for handler in handlers:
            handler.remove()
    assert capsys.readouterr().err == "look here\n"


def helper() -> None:
    ELSEWHERE.debug("too fine")
    ELSEWHERE.info("a %s word", "helpful")
    ELSEWHERE.error("worse")


@pytest.mark.parametrize("is_async", [True, False])
def test_logging_in_a_job_and_its_helpers_becomes_lines_of_its_log(is_async: bool) -> None:
    async def coroutine() -> None:
        await asyncio.wait([forever()], timeout=0)
        helper()

    told, _ = run_one(coroutine if is_async else helper)
    assert [(line.level, line.text) for line in told.lines(1)] == [(20, "a helpful word"), (40, "worse")]


def test_the_contexts_logger_enters_each_line_once_and_normal_logging_too() -> None:
    seen = Keeping()

    def body(ctx: Context) -> None:
        ctx.log.info("n is %d", 5)
        ctx.log("plain")

    told, _ = run_one(body, seen, level=logging.INFO, takes_context=True)
    assert [line.text for line in told.lines(1)] == ["n is 5", "plain"]
    mine = [one for one in seen.records if one.name == "headway.job.shop.job"]
    assert [(one.getMessage(), one.funcName) for one in mine] == [("n is 5", "body"), ("plain", "body")]


def test_the_contexts_logger_reaches_the_jobs_log_whatever_the_application_shows() -> None:
    def body(ctx: Context) -> None:
        ctx.log.info("still kept")
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            ctx.log.exception("it broke")
        ctx.log.info("two %s", *range(2))

    told, _ = run_one(body, Keeping(), level=logging.CRITICAL, takes_context=True)
    texts = [line.text for line in told.lines(1)]
    assert texts[0] == "still kept"
    assert texts[1].startswith("it broke\nTraceback")
    assert texts[1].endswith("ZeroDivisionError: division by zero")
    assert "could not be formatted" in texts[2]


def test_records_carry_the_job_that_logged_them() -> None:
    seen = Keeping()

    def body() -> None:
        ELSEWHERE.warning("x")

    run_one(body, seen)
    inside = next(one for one in seen.records if one.getMessage() == "x")
    assert [inside.__dict__[name] for name in ("job_id", "job_name", "attempt", "queue")] == [1, "shop.job", 2, "mail"]


def test_a_log_argument_that_logs_does_not_go_round_for_ever() -> None:
    class Chatty:
        def __str__(self) -> str:
            ELSEWHERE.error("while formatting")
            return "chatty"

    def body() -> None:
        ELSEWHERE.error("it is %s", Chatty())

    told, _ = run_one(body, Keeping())
    assert [line.text for line in told.lines(1)] == ["it is chatty"]


def test_a_log_argument_that_raises_harms_nothing() -> None:
    class Nasty:
        def __str__(self) -> str:
            raise ValueError

    def body(ctx: Context) -> str:
        ctx.log.debug("%s", Nasty())
        ELSEWHERE.error("%s", Nasty())
        return "went on"

    told, ending = run_one(body, Keeping(), takes_context=True)
    assert ending.result == '"went on"'
    assert ["could not be formatted" in line.text for line in told.lines(1)] == [True]


def test_the_applications_own_level_is_respected() -> None:
    told, _ = run_one(helper, Keeping())
    assert [line.text for line in told.lines(1)] == ["worse"]


def test_warnings_still_show_where_logging_was_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Keeping()
    seen.setLevel(logging.WARNING)
    monkeypatch.setattr(logging, "lastResort", seen)
    run_one(helper)
    assert [one.getMessage() for one in seen.records] == ["worse"]


def test_progress_and_lines_of_a_running_job_are_reported_and_its_last_words_come_with_its_end() -> None:
    company, told, claim = Company(), Recorder(), Claims()
    go_on = asyncio.Event()

    @register(company.registry, takes_context=True)
    async def talks(ctx: Context) -> None:
        ctx.progress(25, "a quarter")
        ctx.log.info("first")
        await go_on.wait()
        ctx.progress(100)
        ctx.log.info("last")

    @register(company.registry)
    async def lets_go() -> None:
        go_on.set()

    host = Host(company)
    one = claim("talks")
    with program_with():
        host.start(told)
        host.give([one])
        told.until(lambda: any(report.fraction == 0.25 for batch in told.batches for report in batch.reports))
        host.give([claim("lets_go")])
        ending = told.ending(one)
        host.close(1)
    assert ending.report is not None
    assert (ending.report.fraction, [line.text for line in ending.report.lines]) == (1.0, ["last"])
    assert [line.text for line in told.lines(one.id)] == ["first", "last"]


def test_a_hundred_thousand_reports_make_few_batches() -> None:
    def body(ctx: Context) -> None:
        for number in range(100_000):
            ctx.progress(done=number, total=100_000)

    told, ending = run_one(body, takes_context=True)
    assert ending.report is not None
    assert ending.report.fraction == pytest.approx(0.99999)
    seconds = (ending.finished_us - ending.started_us) / 1e6
    assert len(told.reports) <= seconds / QUICK.flush_s + 3
