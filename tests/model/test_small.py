"""States, counters, handlers and log lines: what they promise beside their daily use."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headway.model.errors import HandlerExists, OptionInvalid
from headway.model.event import EventKind
from headway.model.handler import NO_OVERRIDES, read_overrides
from headway.model.job import State, may_become
from headway.model.joblog import JobLog, formatted
from headway.model.outcome import Budget, Ending, EndKind, decide
from headway.model.registry import Registry
from headway.model.result import Snooze
from headway.model.stats import STATS_MAX, Stats
from tests.run.stage import Company, register


@pytest.mark.parametrize(
    ("state", "group"),
    [
        (State.SCHEDULED, "Pending"), (State.WAITING, "Pending"), (State.QUEUED, "Pending"),
        (State.RUNNING, "Running"), (State.EXECUTED, "Running"), (State.COMPLETED, "Completed"),
        (State.FAILED, "Failed"), (State.CANCELLED, "Cancelled"), (State.SKIPPED, "Skipped"),
    ],
)  # fmt: skip
def test_every_state_belongs_to_one_of_six_groups(state: State, group: str) -> None:
    assert state.group == group


def test_only_the_arrows_of_the_diagram_may_be_taken() -> None:
    assert may_become(State.QUEUED, State.RUNNING)
    assert not may_become(State.COMPLETED, State.QUEUED)


def test_counters_begin_at_zero_and_take_only_numbers_and_not_too_many() -> None:
    stats = Stats()
    stats.sent += 2
    assert (stats.sent, stats.other) == (2, 0)
    with pytest.raises(AttributeError):
        _ = stats._private
    for wrong in ("three", True):
        with pytest.raises(TypeError, match="must be a number"):
            stats.sent = wrong
    for number in range(STATS_MAX - 1):
        setattr(stats, f"n{number}", 1)
    with pytest.raises(ValueError, match="one more"):
        stats.too_many = 1


def test_two_handlers_may_not_share_a_name_and_the_same_one_may_be_registered_again() -> None:
    company = Company()

    def one() -> None: ...
    def two() -> None: ...

    register(company.registry, "job")(one)
    register(company.registry, "job")(one)
    with pytest.raises(HandlerExists, match="two handlers are named 'job'"):
        register(company.registry, "job")(two)
    assert len(company.registry) == 1


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_hooks_of_its_own(kind: EventKind) -> None:
    registry = Registry()
    registry.hooks(kind).append(print)
    assert registry.listens() == {kind}


def test_a_snooze_takes_a_delay_or_a_moment() -> None:
    for wrong in ({}, {"delay": timedelta(1), "until": datetime(2030, 1, 1, tzinfo=UTC)}):
        with pytest.raises(OptionInvalid, match="exactly one"):
            Snooze(**wrong)


@pytest.mark.parametrize(("fails", "state", "code"), [(True, State.FAILED, "interrupted"), (False, State.QUEUED, None)])
def test_a_suspect_that_is_not_to_be_interrupted_fails(fails: bool, state: State, code: str | None) -> None:
    settlement = decide(
        Budget(tries=0, crashes=0, retries=2, interrupt_fails=fails), Ending(1, 1, EndKind.SUSPECT, 0, 0)
    )
    assert (settlement.state, settlement.code, settlement.suspect) == (state, code, 1)


def test_options_that_cannot_be_read_count_as_none() -> None:
    assert read_overrides(None) is NO_OVERRIDES
    assert read_overrides('{"timeout_us": "of a newer version"}') is NO_OVERRIDES
    assert read_overrides("not JSON") is NO_OVERRIDES
    assert read_overrides('{"timeout_us": 5, "newer": 1}').timeout_us == 5


def test_the_log_of_a_job_is_open_for_the_levels_that_enter_it_or_that_somebody_else_wants() -> None:
    said: list[tuple[int, str]] = []
    log = JobLog("quiet", {}, lambda level, text: said.append((level, text)), logging.WARNING)
    logging.getLogger("headway.job.quiet").setLevel(logging.ERROR)
    assert not log.isEnabledFor(logging.INFO)
    assert log.isEnabledFor(logging.WARNING)
    log("not entered")
    log.warning("entered %d", 1)
    assert said == [(logging.WARNING, "entered 1")]


def shown(exc_info: Any) -> str:
    return formatted("text", (), exc_info)


def test_a_line_carries_the_traceback_that_it_was_given_in_any_form() -> None:
    error = ValueError("no")
    for form in (error, (ValueError, error, None)):
        assert shown(form) == "text\nValueError: no"
    assert shown(True) == "text"  # nothing is being handled
    try:
        raise error
    except ValueError:
        assert shown(True).endswith("ValueError: no")
