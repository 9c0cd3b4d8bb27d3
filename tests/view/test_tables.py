from datetime import timedelta

import pytest
from msgspec.structs import replace

from headway.model.job import State
from headway.model.rate import Rate
from headway.store.protocol import JobPage, NodeRow, QueueCount
from headway.view import tables
from tests.view.rows import MINUTE, NOW_US, SECOND, job_row


def page(*rows, **given):
    return JobPage(**({"rows": rows, "total": len(rows), "total_exact": True, "next_cursor": None} | given))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"state": State.SCHEDULED, "due_us": NOW_US + 20 * SECOND, "code": "timeout"}, "due in 20 s, timeout"),
        ({"state": State.WAITING, "parents_left": 2}, "for 2 parents"),
        ({"state": State.QUEUED, "blocked": "unknown_handler"}, "no worker knows this handler"),
        ({"state": State.QUEUED, "blocked": "line", "lane": "smtp"}, "its turn on worker smtp"),
        ({"state": State.QUEUED, "blocked": "lane", "lane": "smtp", "key": "ann"}, "its turn on worker smtp"),
        ({"state": State.QUEUED, "blocked": "line", "key": "ann"}, "its turn under key ann"),
        ({"state": State.QUEUED, "blocked": "something new"}, "something new"),
        ({"state": State.QUEUED}, ""),
        (
            {"state": State.RUNNING, "cancel_us": NOW_US - MINUTE, "cancel_by": "ann"},
            "cancel asked for by ann 1 min ago",
        ),
        ({"state": State.FAILED, "code": "timeout", "reason": "too slow"}, "timeout: too slow"),
        ({"state": State.COMPLETED}, ""),
        ({"state": State.COMPLETED, "code": "result_not_storable"}, "result_not_storable"),
    ],
)
def test_a_note_says_why_a_job_is_where_it_is(given, said):
    assert said == tables.note(job_row(**given), NOW_US)


def test_every_cell_is_one_printable_line():
    row = job_row(name="a\nb", queue="\x1b[0m", state=State.FAILED, reason="x\ty" * 99, message="m\r")
    table = tables.jobs(page(row), now_us=NOW_US)
    assert all(cell.isprintable() for cell in table.rows[0])
    assert len(table.rows[0]) == len(table.columns)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "1 job"),
        ({"total": 1200, "next_cursor": 17}, "1 of 1 200 jobs; go on with --before 17"),
        ({"total": 1000, "total_exact": False}, "1 of at least 1 000 jobs"),
        ({"searched_to_us": NOW_US, "next_cursor": 17, "total_exact": False},
         "1 of at least 1 job; searched back to 2026-11-22 03:00:00; go on with --before 17"),
        ({"total": 5, "next_after": "-due.1.2.0"}, "1 of 5 jobs; go on with --after=-due.1.2.0"),
        ({"searched_to_us": NOW_US, "total_exact": False},
         "1 of at least 1 job; searched back to 2026-11-22 03:00:00, older jobs were not sorted: narrow the filter"),
    ],
)  # fmt: skip
def test_the_foot_says_how_many_and_how_to_go_on(given, said):
    from datetime import UTC

    assert said == tables.foot(page(job_row(), **given), UTC)


def test_counts_show_every_state_and_the_sum():
    table = tables.counts({State.QUEUED: 1200})
    assert ("queued", "1 200") in table.rows
    assert len(table.rows) == len(State)
    assert table.foot == "1 200 jobs"


def test_queues_and_nodes_are_one_line_each():
    queue = QueueCount(queue="mail", queued=3, scheduled=0, waiting=0, running=1, oldest_due_us=NOW_US - 3 * MINUTE)
    assert tables.queues((queue,), now_us=NOW_US).rows == (("", "mail", "3", "0", "0", "1", "3 min ago", ""),)
    node = NodeRow(
        id=1, uid="u", app="default", host="h", pid=7, version="1", state="active", started_us=NOW_US - MINUTE,
        seen_us=NOW_US - SECOND, queues=None, names=("a", "b", "c", "d", "e"), concurrency=8, running=2,
    )  # fmt: skip
    row = tables.nodes((node,), now_us=NOW_US).rows[0]
    assert row == ("1", "active", "h", "7", "default", "2/8", "1 min", "1 s ago", "all", "a, b, c and 2 more", "1")


def test_a_queue_tells_its_gates_and_its_app_where_there_are_several():
    plain = QueueCount(queue="mail", queued=0, scheduled=0, waiting=0, running=0, oldest_due_us=None)
    gated = replace(
        plain,
        app="shop",
        paused_us=NOW_US - 3 * MINUTE,
        paused_by="ann",
        size=2,
        rate=Rate(10, per=timedelta(minutes=1)),
    )
    rows = tables.queues((plain, gated), now_us=NOW_US).rows
    assert [row[0] for row in rows] == ["default", "shop"]
    assert [row[-1] for row in rows] == ["", "paused by ann 3 min ago, 2 at once, 10 per 1 min"]
