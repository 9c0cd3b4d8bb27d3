from datetime import UTC, datetime

import pytest

from headway.model.clock import to_us
from headway.model.schedule import Managed, Overlap, ScheduleState
from headway.model.timetable import CronTable, cron, every
from headway.view import schedule_diff_words
from headway.view.schedule_diff import INSTANTS_MAX, Kind, compare
from headway.view.secrets import Masking, declared
from tests.view.rows import NOW_US, definition, schedule_row

HOUR_US = 3_600_000_000
SPRING_US = to_us(datetime(2027, 3, 20, tzinfo=UTC))


def diff(code, stored, *, now_us=NOW_US, days=90, masking=Masking()):  # noqa: B008 - it is frozen
    return compare(code, stored, now_us=now_us, days=days, masking=lambda _name: masking)


def only(code, stored, **given):
    (change,) = diff(code, stored, **given).changes
    return change


def lines(found):
    return list(schedule_diff_words.lines(found))


def test_the_same_code_differs_in_nothing():
    found = diff([definition()], [schedule_row(run_count=9, next_us=NOW_US)])
    assert (found.changes, found.unchanged, found.differs) == ((), 1, False)
    assert lines(found) == ["0 differences, 1 schedule as it is; nothing was changed"]


def test_a_new_one_comes_with_its_first_instants():
    change = only([definition(name="report")], [], days=2)
    assert change.kind is Kind.ADDED
    assert change.gone is None
    assert (change.new.count, change.new.is_least) == (2, False)
    assert lines(diff([definition(name="report")], [], days=2))[:2] == [
        "+ report (new): At 02:00",
        "    2 new instants in the next 2 days: 2026-11-23 02:00:00, 2026-11-24 02:00:00 UTC",
    ]


def test_one_that_moves_says_which_instants_are_new_and_which_are_lost():
    change = only([definition("0 2,3 * * *")], [schedule_row(definition("0 1,2 * * *"))], days=1)
    assert change.kind is Kind.CHANGED
    assert [(one.name, one.before, one.after) for one in change.fields] == [("when", "0 1,2 * * *", "0 2,3 * * *")]
    three, one = NOW_US + 24 * HOUR_US, NOW_US + 22 * HOUR_US  # 03:00 and 01:00 of the next day
    assert (change.new.first, change.gone.first) == ((three,), (one,))


def test_another_interval_is_counted_from_the_deployment_on_and_the_same_one_stays_where_it_is():
    stored = schedule_row(definition(every(hours=1)))
    change = only([definition(every(hours=2))], [stored], days=1)
    assert change.new.first[0] == NOW_US + 2 * HOUR_US
    assert change.gone.first[0] == stored.anchor_us + HOUR_US
    assert not diff([definition(every(hours=1))], [stored]).differs


def test_what_does_not_touch_the_timing_moves_no_instant():
    new = definition(overlap=Overlap.QUEUE, description="more", job={"payload": '{"days": 4}', "priority": 3})
    change = only([new], [schedule_row()])
    assert (change.new, change.gone) == (None, None)
    assert {one.name: (one.before, one.after) for one in change.fields} == {
        "arguments": ('{"days":3}', '{"days":4}'),
        "description": ("", "more"),
        "overlap": ("skip", "queue"),
        "priority": ("", "3"),
    }


def test_a_secret_argument_is_told_to_be_another_and_no_more():
    old, new = (definition(job={"payload": f'{{"token": "{word}"}}'}) for word in ("hush-one", "hush-two"))
    found = diff([new], [schedule_row(old)], masking=declared(["token"]))
    assert found.differs
    assert [one.name for one in found.changes[0].fields] == ["arguments"]
    assert "hush" not in "\n".join(lines(found))


def test_one_without_code_would_be_orphaned_and_loses_its_instants():
    change = only([], [schedule_row()], days=3)
    assert (change.kind, change.gone.count, change.new) == (Kind.ORPHANED, 3, None)


@pytest.mark.parametrize(
    "row",
    [
        schedule_row(state=ScheduleState.ORPHANED),
        schedule_row(state=ScheduleState.REMOVED),
        schedule_row(definition(managed=Managed.DB)),
    ],
)
def test_what_has_no_code_already_or_needs_none_does_not_change(row):
    assert diff([], [row]).changes == ()


def test_one_that_is_paused_says_that_its_instants_do_not_fire():
    paused = schedule_row(state=ScheduleState.PAUSED)
    for changed in (only([], [paused]), only([definition("0 3 * * *")], [paused])):
        assert changed.note == "it is paused: none of its instants fires until it is resumed"


def test_one_that_was_orphaned_returns():
    change = only([definition()], [schedule_row(state=ScheduleState.ORPHANED, next_us=None)], days=1)
    assert (change.kind, change.new.count) == (Kind.RETURNS, 1)


def test_what_the_store_manages_or_had_removed_for_good_stays_as_it_is():
    managed = only([definition("0 3 * * *")], [schedule_row(definition(managed=Managed.DB))])
    assert (managed.kind, managed.new) == (Kind.KEPT, None)
    assert [one.name for one in managed.fields] == ["when", "managed"]
    assert managed.note.endswith("to let the code manage it again: headway recurring remove clean --yes, then restart a worker")  # fmt: skip
    both = only([definition("0 3 * * *", managed=Managed.DB)], [schedule_row(definition(managed=Managed.DB))])
    assert both.note == "it is managed in the store: what the code says is not taken"
    removed = diff([definition()], [schedule_row(state=ScheduleState.REMOVED)])
    assert removed.changes[0].note.endswith("until headway recurring resume clean")
    assert (removed.changes[0].kind, removed.differs) == (Kind.KEPT, False)


def test_days_on_which_the_clocks_are_changed_are_told_with_what_falls_on_them():
    table = cron("30 2 * * *", zone="Europe/Berlin")
    change = only([definition(table)], [schedule_row(definition(cron("30 2 * * *")))], now_us=SPRING_US, days=30)
    (day,) = change.clock_days
    assert (day.zone, day.shift_us, day.instants.count) == ("Europe/Berlin", HOUR_US, 1)
    assert "    2027-03-28, clocks go forward 1 h in Europe/Berlin: 1 instant: Sun 2027-03-28 03:00:00 +02:00" in lines(
        diff([definition(table)], [], now_us=SPRING_US, days=30)
    )


def test_very_many_instants_are_counted_only_so_far():
    change = only([definition("* * * * * *")], [schedule_row(definition("*/2 * * * * *"))])
    assert change.new.is_least
    assert change.new.count == INSTANTS_MAX // 2
    assert change.gone.count == 0
    assert any(line.strip().startswith("at least 5 000 new instants") for line in lines(diff([definition("* * * * * *")], [schedule_row(definition("*/2 * * * * *"))])))  # fmt: skip


def test_a_stored_one_that_cannot_be_read_is_replaced():
    for row in (
        schedule_row(definition=None, error="no", state=ScheduleState.FAULTY),
        schedule_row(definition(CronTable("no cron"))),
    ):
        change = only([definition()], [row], days=1)
        assert (change.kind, change.new.count, change.gone.count) == (Kind.CHANGED, 1, 0)


def test_programs_get_the_same():
    found = diff([definition(name="report")], [schedule_row()], days=1)
    record = schedule_diff_words.record(found, "default")
    assert (record["differs"], record["days"], record["unchanged"]) == (True, 1, 0)
    assert [(one["name"], one["kind"]) for one in record["changes"]] == [("clean", "orphaned"), ("report", "added")]
    assert record["changes"][0]["gone"] == {"count": 1, "at_least": False, "first": ["2026-11-23T02:00:00.000000Z"]}
