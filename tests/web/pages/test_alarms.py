"""What is wrong, worst first."""

from typing import Any

import pytest

from headway.model.job import State
from headway.model.schedule import ScheduleState
from headway.store.figures import HandlerEnds
from headway.store.protocol import NodeRow, QueueCount
from headway.store.scheduling import SchedulerRow
from headway.web.pages.alarms import Alarm, Gravity, alarms, asides
from headway.web.pages.situation import Situation
from tests.view.rows import MINUTE, NOW_US, SECOND, schedule_row

HOUR = 60 * MINUTE


def node(**given: Any) -> NodeRow:
    fields: dict[str, Any] = {
        "id": 1,
        "uid": "u1",
        "app": "default",
        "host": "web-1",
        "pid": 4242,
        "version": "1",
        "state": "active",
        "started_us": NOW_US - HOUR,
        "seen_us": NOW_US - SECOND,
        "queues": None,
        "names": ("send",),
        "concurrency": 8,
        "running": 0,
    }
    return NodeRow(**(fields | given))


def queue(**given: Any) -> QueueCount:
    fields: dict[str, Any] = {
        "queue": "mail",
        "queued": 3,
        "scheduled": 0,
        "waiting": 0,
        "running": 0,
        "oldest_due_us": NOW_US - SECOND,
    }
    return QueueCount(**(fields | given))


def handler(name: str, **ended: int) -> HandlerEnds:
    return HandlerEnds(name=name, ended={State(state): number for state, number in ended.items()})


def told(**given: Any) -> tuple[Alarm, ...]:
    return alarms(Situation(now_us=NOW_US, **({"nodes": (node(),)} | given)))


def only(**given: Any) -> Alarm:
    (found,) = told(**given)
    return found


def test_where_all_is_well_nothing_is_said() -> None:
    assert (
        told(queues=(queue(),), schedules=(schedule_row(),), handlers=(handler("a", completed=100, failed=20),)) == ()
    )


def test_jobs_without_a_worker_are_bad_and_no_worker_alone_is_a_warning() -> None:
    bad = only(nodes=(), queues=(queue(),))
    assert (bad.gravity, bad.title) == (Gravity.BAD, "No worker is running")
    assert bad.text.startswith("3 jobs could run now.")
    assert only(nodes=()).gravity is Gravity.WARN
    assert only(nodes=(node(state="draining"),), queues=(queue(),)).title == "Every worker is draining"


def test_a_held_store_comes_first_and_says_why() -> None:
    first = told(
        held_us=NOW_US - HOUR, held_why="it is a restored copy", schedules=(schedule_row(next_us=NOW_US - HOUR),)
    )[0]
    assert first.gravity is Gravity.BAD
    assert first.text == "For 1 h: it is a restored copy. headway resume lets jobs run again."


@pytest.mark.parametrize(
    ("given", "title", "gravity"),
    [
        ({"queues": (queue(oldest_due_us=NOW_US - HOUR),)}, "The queue mail is behind", Gravity.WARN),
        ({"queues": (queue(paused_us=NOW_US - 2 * HOUR),)}, "The queue mail is paused for long", Gravity.WARN),
        ({"nodes": (node(queues=("reports",)),), "queues": (queue(),)}, "No worker serves the queue mail", Gravity.BAD),
        ({"nodes": (node(), node(state="gone"))}, "The worker 4242 on web-1 is gone", Gravity.WARN),
        ({"nodes": (node(seen_us=NOW_US - 5 * MINUTE),)}, "The worker 4242 on web-1 is silent", Gravity.WARN),
        ({"nodes": (node(seen_us=NOW_US + HOUR),)}, "The clock of web-1 is ahead of this computer's", Gravity.WARN),
        ({"handlers": (handler("send", failed=12, completed=3),)}, "Most jobs fail", Gravity.BAD),
        (
            {"handlers": (handler("send", failed=7), handler("sweep", completed=90))},
            "Every job of send fails",
            Gravity.BAD,
        ),
        (
            {"handlers": (handler("send", failed=6, completed=5), handler("sweep", completed=90))},
            "Most jobs of send fail",
            Gravity.WARN,
        ),
        (
            {"schedules": (schedule_row(state=ScheduleState.FAULTY, error="no zone 'X'"),)},
            "1 schedule cannot fire: clean",
            Gravity.BAD,
        ),
        ({"schedules": (schedule_row(state=ScheduleState.ORPHANED),)}, "1 schedule without code: clean", Gravity.WARN),
        ({"schedules": (schedule_row(next_us=NOW_US - HOUR),)}, "1 schedule should have fired: clean", Gravity.BAD),
        (
            {"schedules": (schedule_row(waits_for_clock=True),)},
            "The clock was set back: 1 schedule waited for it",
            Gravity.WARN,
        ),
        (
            {
                "schedules": (schedule_row(next_us=NOW_US - HOUR),),
                "scheduler": SchedulerRow(app="default", paused_us=NOW_US - HOUR, paused_by="ann"),
            },
            "All schedules are paused",
            Gravity.WARN,
        ),
    ],
)
def test_one_thing_that_is_wrong_is_one_alarm(given: dict[str, Any], title: str, gravity: Gravity) -> None:
    found = only(**given)
    assert (found.title, found.gravity) == (title, gravity)


@pytest.mark.parametrize(
    "given",
    [
        {"queues": (queue(paused_us=NOW_US - MINUTE, oldest_due_us=NOW_US - HOUR),)},
        {"handlers": (handler("a", failed=4),)},
        {"handlers": (handler("a", failed=9, completed=11), handler("b", failed=1))},
        {"nodes": (node(), node(state="dead"), node(state="left", seen_us=NOW_US - HOUR))},
        {"queues": (queue(queued=0, oldest_due_us=None),)},
    ],
)
def test_what_is_usual_is_no_alarm(given: dict[str, Any]) -> None:
    assert told(**given) == ()


def test_control_characters_in_names_are_made_visible() -> None:
    found = only(queues=(queue(queue="a\x1b[31m\nb", oldest_due_us=NOW_US - HOUR),))
    assert "\x1b" not in found.title
    assert "\n" not in found.title


def test_what_failed_and_what_is_paused_is_told_where_nothing_is_alarming() -> None:
    found = Situation(
        now_us=NOW_US,
        nodes=(node(),),
        queues=(
            queue(paused_us=NOW_US - MINUTE),
            queue(queue="idle", queued=0, paused_us=NOW_US - MINUTE),
            queue(queue="b"),
        ),
        handlers=(handler("a", completed=100, failed=1), handler("b", failed=1)),
    )
    assert alarms(found) == ()
    assert asides(found) == ("2 failures in the last hour", "the queue mail is paused with 3 jobs in it")
    assert (
        asides(Situation(now_us=NOW_US, nodes=(node(),), queues=(queue(),), handlers=(handler("a", completed=9),)))
        == ()
    )


def test_a_handler_that_fails_is_named_with_the_way_to_its_failures() -> None:
    found = only(handlers=(handler("shop&co", failed=5), handler("b", completed=50)))
    assert found.text == "All 5 that ended in the last hour failed."
    assert found.path == "/jobs?state=failed&name=shop%26co&sort=-ended"
    mostly = only(handlers=(handler("a", failed=6, completed=5, cancelled=1), handler("b", completed=50)))
    assert mostly.text == "6 of 12 that ended in the last hour failed."


def test_of_many_handlers_that_fail_the_worst_are_named_and_the_others_counted() -> None:
    found = told(handlers=(handler("fine", completed=900), *(handler(f"h{n}", failed=n) for n in range(5, 12))))
    assert [one.title for one in found] == [
        "Every job of h11 fails",
        "Every job of h10 fails",
        "Every job of h9 fails",
        "4 more handlers fail mostly or wholly",
    ]
    assert [one.gravity for one in found] == [Gravity.BAD] * 4
    assert (found[-1].text, found[-1].path) == ("h8, h7, h6 and 1 more.", "/failures")


def test_where_most_jobs_fail_no_handler_is_named_besides() -> None:
    found = only(handlers=(handler("a", failed=30), handler("b", failed=8, completed=2), handler("c", completed=5)))
    assert (found.title, found.text) == ("Most jobs fail", "38 of 45 that ended in the last hour failed.")


def test_calls_that_nobody_makes_jobs_of() -> None:
    assert told(calls_since_us=NOW_US - 9 * SECOND) == ()
    alarm = only(calls_since_us=NOW_US - 2 * MINUTE)
    assert alarm.gravity is Gravity.BAD
    assert "The oldest for 2 min" in alarm.text
    without = told(calls_since_us=NOW_US - 2 * MINUTE, nodes=())
    assert "Nothing is waiting" not in " ".join(one.text for one in without)
