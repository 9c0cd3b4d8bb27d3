import pytest

from headway.model.batch import BatchRow
from headway.model.job import State
from headway.view import batches
from tests.view.rows import MINUTE, NOW_US


def row(**given):
    return BatchRow(**({"id": 3, "app": "default", "name": "nightly", "created_us": NOW_US - MINUTE} | given))


def facts(**given):
    return {fact.label: fact.value for fact in batches.page(row(**given), now_us=NOW_US).facts}


def test_the_page_says_what_is_there_and_nothing_else():
    assert set(facts()) == {"state", "jobs", "created"}
    full = facts(
        expected=9, jobs=5, completed=2, failed=1, sealed_us=NOW_US, parent=1, batches=2, batches_failed=1,
        created_by="ann", cancel_us=NOW_US, cancel_by="bob", finish_job=7, success_job=8, app="shop",
    )  # fmt: skip
    assert full["jobs"] == "5 of 9"
    assert full["of them"] == "2 pending, 2 completed, 1 failed"
    assert full["progress"] == "60 %"
    assert full["batches in it"] == "2, 1 of them not ended"
    assert full["part of"] == "batch 1"
    assert full["cancel"].startswith("asked for by bob")
    assert (full["on finish"], full["on success"], full["app"]) == ("job 7", "job 8", "shop")
    assert full["created"].endswith("by ann")


@pytest.mark.parametrize(("more", "foot"), [(False, "2 batches"), (True, "2 batches; go on with --before 2")])
def test_the_list_says_how_to_go_on(more, foot):
    table = batches.table([row(), row(id=2, sealed_us=NOW_US)], now_us=NOW_US, more=more)
    assert table.foot == foot
    assert [cells[-1] for cells in table.rows] == ["-", "100 %"]
    assert table.states == (State.WAITING, State.RUNNING)


def test_a_name_cannot_steer_a_terminal():
    assert "\x1b" not in str(batches.table([row(name="a\x1b[2Jb")], now_us=NOW_US, more=False))
    assert "\x1b" not in str(batches.page(row(name="a\x1b[2Jb", cancel_us=1, cancel_by="\x1b"), now_us=NOW_US))
