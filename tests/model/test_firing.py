"""What becomes of instants that have come: on time, missed, set back, each once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.model.claim import NewJob
from headway.model.firing import COUNTED_MAX, Passed, Verdict, judge, next_open, passed_over, set_back, upcoming
from headway.model.schedule import Definition, Misfire, Standing
from headway.model.timeline import Timeline
from headway.model.timetable import cron, every

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


def per_minute(**given: Any) -> Definition:
    return Definition(name="m", timetable=every(minutes=1), job=NewJob(ref_id="", name="work", payload="{}"), **given)


def at(next_us: int, *, judged_us: int | None = None, run_count: int = 0) -> Standing:
    return Standing(
        next_us=next_us, judged_us=next_us - 1 if judged_us is None else judged_us, anchor_us=0, run_count=run_count
    )


class TestOnTime:
    @pytest.mark.parametrize("misfire", Misfire)
    def test_an_instant_runs_and_the_next_one_is_an_interval_later(self, misfire: Misfire) -> None:
        verdict = judge(per_minute(misfire=misfire), at(5 * MINUTE), 5 * MINUTE + 3)
        assert verdict == Verdict((5 * MINUTE,), 0, None, 6 * MINUTE, 5 * MINUTE)

    @pytest.mark.parametrize(("misfire", "runs"), [(Misfire.ONCE, 1), (Misfire.SKIP, 1), (Misfire.ALL, 3)])
    def test_of_several_that_have_come_only_the_latest_is_on_time(self, misfire: Misfire, runs: int) -> None:
        definition = per_minute(misfire=misfire, misfire_grace_us=3 * MINUTE)
        verdict = judge(definition, at(5 * MINUTE), 7 * MINUTE)
        assert (len(verdict.runs), verdict.runs[-1], verdict.late) == (runs, 7 * MINUTE, runs - 1)
        assert (verdict.passed is None) == (misfire is Misfire.ALL)

    def test_the_first_one_runs_though_it_is_no_instant_of_the_timetable(self) -> None:
        verdict = judge(per_minute(), at(5 * MINUTE + 7), 5 * MINUTE + 9)
        assert (verdict.runs, verdict.next_us) == ((5 * MINUTE + 7,), 6 * MINUTE)


class TestMissed:
    """Five minutes without a look, the last instant half a minute ago."""

    NOW = 10 * MINUTE + 30 * SECOND

    def missed(self, **given: Any) -> Verdict:
        return judge(per_minute(**given), at(6 * MINUTE), self.NOW)

    def test_once_runs_the_latest(self) -> None:
        assert self.missed() == Verdict((10 * MINUTE,), 1, Passed(6 * MINUTE, 9 * MINUTE, 4), 11 * MINUTE, 10 * MINUTE)

    def test_once_runs_none_for_it_when_another_is_on_time(self) -> None:
        verdict = judge(per_minute(), at(6 * MINUTE), 10 * MINUTE + 1)
        assert (verdict.runs, verdict.late, verdict.passed) == ((10 * MINUTE,), 0, Passed(6 * MINUTE, 9 * MINUTE, 4))

    def test_skip_runs_none(self) -> None:
        assert self.missed(misfire=Misfire.SKIP) == Verdict(
            (), 0, Passed(6 * MINUTE, 10 * MINUTE, 5), 11 * MINUTE, 10 * MINUTE
        )

    def test_all_runs_each(self) -> None:
        verdict = self.missed(misfire=Misfire.ALL)
        assert verdict.runs == tuple(minute * MINUTE for minute in range(6, 11))
        assert (verdict.late, verdict.passed) == (5, None)

    def test_all_runs_the_newest_of_a_number(self) -> None:
        verdict = self.missed(misfire=Misfire.ALL, misfire_limit=2)
        assert (verdict.runs, verdict.passed) == ((9 * MINUTE, 10 * MINUTE), Passed(6 * MINUTE, 8 * MINUTE, 3))

    @pytest.mark.parametrize(("misfire", "runs"), [(Misfire.ALL, 2), (Misfire.ONCE, 1)])
    def test_none_runs_that_is_older_than_the_age(self, misfire: Misfire, runs: int) -> None:
        verdict = self.missed(misfire=misfire, misfire_age_us=100 * SECOND)
        assert len(verdict.runs) == runs

    def test_once_runs_none_when_the_latest_is_too_old(self) -> None:
        assert self.missed(misfire_age_us=20 * SECOND).runs == ()

    def test_a_year_of_seconds_is_counted_so_far_and_costs_no_walk(self) -> None:
        definition = msgspec.structs.replace(per_minute(misfire=Misfire.ALL), timetable=cron("* * * * * *"))
        verdict = judge(definition, at(SECOND), 365 * DAY)
        assert len(verdict.runs) == 100
        assert verdict.passed == Passed(SECOND, 365 * DAY - 100 * SECOND, COUNTED_MAX, is_least=True)

    def test_of_an_interval_all_are_counted(self) -> None:
        definition = msgspec.structs.replace(per_minute(misfire=Misfire.ALL), timetable=every(seconds=1))
        verdict = judge(definition, at(SECOND), 365 * DAY)
        assert verdict.passed == Passed(SECOND, 365 * DAY - 100 * SECOND, 365 * 86_400 - 100)

    @pytest.mark.parametrize(("off_s", "end_s", "count"), [(0, None, 5), (7, None, 5), (59, None, 5), (0, 120, 3)])
    def test_of_an_interval_that_began_beside_its_instants_all_are_counted(
        self, off_s: int, end_s: int | None, count: int
    ) -> None:
        """As one that was due at once when it was registered."""
        end_us = None if end_s is None else end_s * SECOND
        timeline = Timeline(per_minute(end_us=end_us), 0)
        first = off_s * SECOND
        walked = passed_over(timeline, first, (timeline.latest(4 * MINUTE + 30 * SECOND) or 0))
        assert (walked.count, walked.is_least) == (count, False)


class TestEnd:
    def test_it_is_over_after_its_runs(self) -> None:
        verdict = judge(per_minute(max_runs=3), at(5 * MINUTE, run_count=2), 5 * MINUTE)
        assert (verdict.runs, verdict.next_us) == ((5 * MINUTE,), None)

    def test_no_more_are_made_up_for_than_may_run(self) -> None:
        verdict = judge(per_minute(max_runs=2, misfire=Misfire.ALL), at(5 * MINUTE), 9 * MINUTE)
        assert (verdict.runs, verdict.next_us) == ((5 * MINUTE, 6 * MINUTE), None)

    def test_it_is_over_after_its_end(self) -> None:
        assert judge(per_minute(end_us=5 * MINUTE + 1), at(5 * MINUTE), 5 * MINUTE).next_us is None

    def test_nothing_is_due_before_its_start(self) -> None:
        assert upcoming(per_minute(start_us=9 * MINUTE), 0, 0, 2) == (9 * MINUTE, 10 * MINUTE)


class TestClock:
    """Cron schedules are by the clock; intervals are time that passes. Both stand for each other here but in `set_back`."""

    def test_what_was_judged_is_not_due_again(self) -> None:
        timeline = Timeline(per_minute(), 0)
        assert next_open(timeline, 3 * MINUTE, judged_us=8 * MINUTE) == 9 * MINUTE

    def test_what_was_passed_over_ahead_is_open_again(self) -> None:
        timeline = Timeline(per_minute(), 0)
        ahead = [Passed(4 * MINUTE, 6 * MINUTE, 3)]
        assert next_open(timeline, 2 * MINUTE, 8 * MINUTE, ahead) == 4 * MINUTE
        assert next_open(timeline, 5 * MINUTE, 8 * MINUTE, ahead) == 6 * MINUTE
        assert next_open(timeline, 6 * MINUTE, 8 * MINUTE, ahead) == 9 * MINUTE

    def test_an_open_range_is_judged_up_to_its_end_and_no_further(self) -> None:
        ahead = [Passed(4 * MINUTE, 6 * MINUTE, 3)]
        verdict = judge(per_minute(misfire=Misfire.ALL), at(4 * MINUTE, judged_us=8 * MINUTE), 7 * MINUTE, ahead)
        assert verdict.runs == (4 * MINUTE, 5 * MINUTE, 6 * MINUTE)
        assert (verdict.next_us, verdict.judged_us) == (9 * MINUTE, 8 * MINUTE)

    def test_an_interval_is_counted_from_now_where_it_would_stand_still(self) -> None:
        standing = set_back(per_minute(), at(100 * MINUTE, judged_us=99 * MINUTE), 5 * MINUTE + 7, [])
        assert standing == Standing(next_us=6 * MINUTE + 7, judged_us=5 * MINUTE + 7, anchor_us=5 * MINUTE + 7)

    def test_a_small_step_leaves_an_interval_alone(self) -> None:
        standing = at(10 * MINUTE, judged_us=9 * MINUTE)
        assert set_back(per_minute(), standing, 9 * MINUTE - SECOND, []) == standing


@settings(deadline=None, max_examples=200)
@given(
    misfire=st.sampled_from(Misfire),
    steps=st.lists(st.integers(1, 400), min_size=1, max_size=30),
    limit=st.integers(1, 8),
    grace_s=st.integers(0, 200),
)
def test_every_instant_is_judged_once(misfire: Misfire, steps: list[int], limit: int, grace_s: int) -> None:
    definition = per_minute(misfire=misfire, misfire_limit=limit, misfire_grace_us=grace_s * SECOND)
    standing, now, ran, passed = at(MINUTE), 0, list[int](), 0
    for step in steps:
        now += step * SECOND
        if standing.next_us > now:
            continue
        verdict = judge(definition, standing, now)
        ran += verdict.runs
        passed += 0 if verdict.passed is None else verdict.passed.count
        assert verdict.next_us is not None
        assert verdict.next_us > now
        standing = at(verdict.next_us, judged_us=verdict.judged_us)
    assert ran == sorted(set(ran))
    assert len(ran) + passed == standing.judged_us // MINUTE
