"""What the hot statements read: an index from its front, never a table, never a sort."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from headway.model.claim import NewJob
from headway.model.job import State
from headway.model.rate import Window
from headway.model.sort import read_sort
from headway.store.open import open_store
from headway.store.protocol import JobFilter
from headway.store.sqlite.dialect import SQLITE
from headway.store.sqlite.statements import SQL
from headway.store.verbs.select import Chosen, best_sql, choose, count_sql, found_sql, still_sql

HOT = {
    "ready_jobs": ["headway_job_ready (app=? AND queue=? AND name=?)"],
    "ready_groups": ["(app=? AND queue=? AND name>?)", "headway_job_ready (app=? AND queue>?)"],
    "ready_level": ["headway_job_ready (app=? AND queue=? AND name=? AND priority=?)"],
    "ready_levels": ["headway_job_ready (app=? AND queue=? AND name=? AND priority<?)"],
    "running_groups": ["headway_job_running"],
    "queue_gates": ["headway_queue USING PRIMARY KEY (app=?)"],
    "start_log": ["headway_start USING PRIMARY KEY (app=? AND gate=? AND started_at<?)"],
    "freeing_start": ["headway_start USING PRIMARY KEY (app=? AND gate=? AND started_at>?)"],
    "forget_starts": ["headway_start USING PRIMARY KEY (app=? AND gate=? AND started_at<?)"],
    "count_ahead": ["headway_job_ready (app=? AND queue=?)"],
    "lane_before": [
        "headway_job_lane (app=? AND lane=? AND rowid<?)",
        "headway_job_lane_line (app=? AND lane=?)",
        "headway_job_due (due_at<?)",
    ],
    "lane_turn": ["headway_turn_lane (app=? AND lane=?)"],
    "key_before": [
        "headway_job_key (app=? AND key=?)",
        "headway_job_due (due_at<?)",
        "headway_job_key_line (app=? AND key=? AND queue=? AND name=? AND key_terms=?)",
    ],
    "key_runners": ["headway_job_key (app=? AND key=?)"],
    "open_keys": ["headway_key_opens", "headway_key USING PRIMARY KEY (app=? AND key=?)"],
    "late_keys": ["headway_key_opens"],
    "forget_keys": ["headway_key_over (forget_at<?)"],
    "forget_key_starts": ["headway_start USING PRIMARY KEY (app=? AND gate=?)"],
    "forget_old_starts": ["headway_start_moment (started_at<?)"],
    "rated_jobs": ["j USING INTEGER PRIMARY KEY", "r USING INTEGER PRIMARY KEY"],
    "pull_starts": ["headway_start_moment (started_at>?)"],
    "drop_pulled_starts": ["headway_start_moment (started_at>?)"],
    "park_jobs": ["headway_job_ready"],
    "turn_facts": [
        "headway_key_opens",
        "headway_job_due",
        "headway_job_expiry",
        "headway_job_running (node_id=? AND cancel_at>?)",
    ],
    "marked_running": ["headway_job_running (node_id=?)"],
    "forget_marks": ["headway_done_at (done_at<?)"],
    "next_due": ["headway_job_due", "headway_key_opens"],
    "stage_jobs": ["headway_job_due"],
    "stops": ["headway_job_running (node_id=? AND cancel_at>?)"],
    "expired_jobs": ["headway_job_expiry"],
    "archivable": ["headway_job_ended"],
    "beat": ["headway_job_running"],
    "waiting_children": ["headway_dependency_counted"],
    "jobs_by_ref": ["headway_job_ref"],
    "any_blocked": ["headway_job_blocked"],
    "unpark_jobs": ["headway_job_blocked (name=? AND app=?)"],
    "lanes": [
        "headway_job_lane (app=? AND lane=?)",
        "headway_job_lane_line (app=? AND lane=?)",
        "headway_turn_lane (app=? AND lane=?)",
    ],
    "keys": ["headway_job_key (app=? AND key=?)", "headway_job_key_line (app=? AND key=?)"],
    "key_heads": [
        "headway_job_key_line (app=? AND key=? AND queue=? AND name=? AND key_terms>?)",
        "headway_job_key_line (app=? AND key=? AND queue=? AND name>?)",
        "headway_job_key_line (app=? AND key=? AND queue>?)",
    ],
    "key_line": ["headway_job_key_line (app=? AND key=? AND queue=? AND name=? AND key_terms=?)"],
    "leave_line": [
        "headway_job_lane (app=? AND lane=? AND rowid<?)",
        "headway_job_lane_line (app=? AND lane=? AND id<?)",
    ],
    "keyed": ["headway_job_key (app=? AND key=?)"],
    "park_lane": ["headway_job_lane_line (app=? AND lane=?)"],
    "prunable_logs": ["headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "prunable_bodies": ["headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "purge_tags": ["headway_tag USING PRIMARY KEY (tag=? AND job_id=?)"],
    "purge_facts": ["headway_fact_job"],
    "waiting_for_batch": ["headway_batch_waiter_counted (app=? AND batch_name=?)"],
    "names_above": ["headway_batch_waiter_counted (app=? AND batch_name=?)"],
    "awaited_batches": ["headway_batch_waiter_child (child_id=?)"],
    "purge_waiters": ["headway_batch_waiter_child (child_id=?)"],
    "purge_batches": ["headway_batch_ended", "headway_job_member (batch=?)", "headway_batch_parent (parent=?)"],
    "members_from": ["headway_job_member (batch=? AND id>?)"],
    "needs_batch": ["headway_job_member_waiting (batch=?)", "headway_batch_parent (parent=?)"],
    "batches_to_tell": ["headway_batch_telling"],
    "batches_to_cancel": ["headway_batch_cancelling"],
    "next_instant": [
        "headway_schedule USING COVERING INDEX headway_schedule_due (app=?",
        "headway_schedule USING INDEX headway_schedule_judged (app=?)",
    ],
    "due_schedules": ["headway_schedule_due (app=? AND next_at>? AND next_at<?)"],
    "ahead_schedules": ["headway_schedule_judged (app=? AND judged_at>?)"],
    "open_runs": ["headway_tick_open (schedule_id=?)"],
    "ticks_at": ["t USING PRIMARY KEY (schedule_id=? AND instant=? AND by_hand=?)"],
    "ticks_ahead": ["headway_tick USING PRIMARY KEY (schedule_id=? AND instant>?)"],
    "missed_ahead": ["headway_missed_until (schedule_id=? AND until_at>?)"],
    "changed_ticks": ["headway_tick_job (job_id=?)"],
    "leave_ticks": ["headway_tick_job (job_id=?)"],
    "drop_left_ticks": ["headway_tick_job (job_id=?)"],
    "fleeting_jobs": ["headway_tick_fleeting (ended_at>? AND ended_at<?)"],
    "ended_declarers": ["headway_declaration_node (node_id=?)"],
    "any_declarer": ["headway_node_active", "headway_declaration_node (node_id=?)"],
    "drop_declarations": ["headway_declaration_node (node_id=?)"],
    "outdated_schedules": [
        "own USING COVERING INDEX headway_declaration_node (node_id=?)",
        "s USING INTEGER PRIMARY KEY",
        "d USING PRIMARY KEY (schedule_id=?)",
    ],
    "abandoned_schedules": ["s USING INTEGER PRIMARY KEY", "d USING PRIMARY KEY (schedule_id=?)"],
    "orphaned_schedules": ["(app=?)"],
    "schedule_rows": ["s USING INTEGER PRIMARY KEY", "l USING PRIMARY KEY (schedule_id=?)"],
    "schedule_ids": ["sqlite_autoindex_headway_schedule_1 (app>? AND app<?)"],
    "acts": ["headway_act USING INTEGER PRIMARY KEY (rowid<?)"],
    "acts_on": ["headway_act_subject (subject=?"],
    "acts_on_one": ["headway_act_subject (subject=? AND subject_id=? AND id<?)"],
    "session_of": ["s USING PRIMARY KEY (digest=?)", "u USING PRIMARY KEY (name=?)"],
    "drop_sessions_of": ["headway_session_user (user_name=?)"],
    "drop_sessions_over": ["headway_session_over (expires_at<?)"],
    "token_of": ["sqlite_autoindex_headway_token_2 (digest=?)"],
    "spend_link": ["sqlite_autoindex_headway_token_2 (digest=?)"],
    "open_queued": ["headway_job_ready", "headway_job_lane_line", "headway_job_key_line", "headway_job_blocked"],
    "open_scheduled": ["headway_job_due"],
    "open_running": ["headway_job_running"],
    "open_executed": ["headway_job_executed"],
    "open_waiting": ["headway_dependency_counted", "headway_batch_waiter_counted", "j USING INTEGER PRIMARY KEY"],
    "count_queued": ["headway_job_ready"],
    "count_scheduled": ["headway_job_due"],
    "count_running": ["headway_job_running"],
    "count_executed": ["headway_job_executed"],
    "count_waiting": ["headway_dependency_counted"],
    "count_queues": ["headway_job_ready", "headway_job_due", "headway_job_running", "headway_dependency_counted"],
    "open_names": ["headway_job_ready", "headway_job_due", "headway_job_running", "headway_dependency_counted"],
    "count_ended": ["headway_job_ended (archived=? AND pruned=? AND finished_at>?)"],
    "ids_of_app": ["COVERING INDEX headway_job_ref (app=?)"],
    "job_above": ["INTEGER PRIMARY KEY (rowid>?)"],
    "ended_cells": ["j USING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_sum": ["COVERING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_ahead": ["COVERING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_behind": ["COVERING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_by_time": ["headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_by_name": ["headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_months": ["headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_since": ["COVERING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "ended_upto": ["COVERING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at>? AND finished_at<?)"],
    "last_ended": ["COVERING INDEX headway_job_ended (archived=? AND pruned=?"],
    "latest_end": ["COVERING INDEX headway_job_ended (archived=? AND pruned=? AND finished_at<?)"],
    "created_since": ["headway_job USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    "events_since": ["headway_event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    "figures_at": ["f USING PRIMARY KEY (step=? AND from_at=? AND app=? AND name=? AND queue=? AND state=?)"],
    "figures_of": ["headway_figure USING PRIMARY KEY (step=? AND from_at>? AND from_at<?)"],
    "figures_by_name": ["headway_figure USING PRIMARY KEY (step=? AND from_at>? AND from_at<?)"],
    "figures_by_handler": ["headway_figure USING PRIMARY KEY (step=? AND from_at>? AND from_at<?)"],
    "figures_by_time": ["headway_figure USING PRIMARY KEY (step=? AND from_at>? AND from_at<?)"],
    "drop_figures": ["headway_figure USING PRIMARY KEY (step=? AND from_at>? AND from_at<?)"],
    "leaving_months": ["headway_job USING INTEGER PRIMARY KEY (rowid=?)", "headway_setting USING PRIMARY KEY"],
    "failure_groups": ["headway_job_bad (state=?)"],
    "prune_ticks": ["headway_tick USING PRIMARY KEY (schedule_id=? AND instant<?)"],
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    open_store(str(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as opened:
        yield opened


def plan(connection: sqlite3.Connection, name: str) -> str:
    """The query plan, one step a line."""
    sql = SQL[name]
    names = {word[1:].strip("(),;") for word in sql.split() if word.startswith((":", "(:"))}
    values = {name.strip(":"): 1 for name in names} | dict.fromkeys(
        ("app", "id", "queue", "name", "limit", "skip", "now", "node_id", "before", "parent_id", "refs"), 1
    )
    values |= dict.fromkeys(("ids", "lanes", "keys", "jobs", "names", "instants"), "[]")
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize(("name", "indexes"), HOT.items())
def test_a_hot_statement_is_served_by_its_index(connection: sqlite3.Connection, name: str, indexes: list[str]) -> None:
    steps = plan(connection, name)
    for index in indexes:
        assert index in steps
    assert "SCAN headway_job\n" not in steps + "\n"
    assert "SCAN j\n" not in steps + "\n"


@pytest.mark.parametrize(
    "name",
    [
        "ready_jobs",
        "ready_level",
        "ready_levels",
        "ready_groups",
        "next_due",
        "archivable",
        "waiting_children",
        "lanes",
        "keys",
        "key_heads",
        "key_line",
        "due_schedules",
        "schedule_ids",
        "ticks_of",
        "acts",
        "acts_on_one",
        "ended_ahead",
        "ended_behind",
        "created_since",
        "events_since",
        "figures_by_time",
    ],
)
def test_the_order_comes_from_the_index_and_not_from_a_sort(connection: sqlite3.Connection, name: str) -> None:
    assert "TEMP B-TREE" not in plan(connection, name)


LISTS: dict[str, tuple[JobFilter, str]] = {
    "everything of an app": (JobFilter(app="a"), "j USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
    "by reference": (JobFilter(app="a", ref_id="r"), "headway_job_ref (app=? AND ref_id=?"),
    "failed": (JobFilter(app="a", states=(State.FAILED,)), "headway_job_bad (state=? AND id>? AND id<?)"),
    "a batch": (JobFilter(app="a", batch_id="b"), "headway_job_batch (batch_id=?"),
    "a named worker": (JobFilter(app="a", lane="w"), "headway_job_worker (lane=?"),
    "a reply address": (JobFilter(app="a", reply_to="r"), "headway_job_reply (reply_to=?"),
    "a tenant": (JobFilter(app="a", tenant="t"), "headway_job_tenant (tenant=?"),
    "a tag": (JobFilter(app="a", tag="t"), "t USING PRIMARY KEY (tag=?"),
    "a fact": (JobFilter(app="a", facts=(("k", "v"),)), "f0 USING PRIMARY KEY (name=? AND value=?"),
    "a schedule": (JobFilter(app="a", schedule="s"), "f0 USING PRIMARY KEY (name=? AND value=?"),
    "a tag of a creator": (JobFilter(app="a", tag="t", created_by="c"), "headway_job_creator (created_by=?"),
}


def list_plan(connection: sqlite3.Connection, sql: str, chosen: Chosen) -> str:
    values = {**chosen.values, "limit": 9, "offset": 0, "before": 9, "among": "[]", "low": 0, "high": 9}
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_reads_what_leads_to_few_jobs_in_its_order(
    connection: sqlite3.Connection, name: str, descending: bool
) -> None:
    where, index = LISTS[name]
    chosen = choose(where, SQLITE)
    steps = list_plan(connection, found_sql(chosen, descending=descending), chosen)
    assert index in steps
    assert "TEMP B-TREE" not in steps


@pytest.mark.parametrize("name", LISTS)
def test_one_slice_is_counted_in_its_own_numbers(connection: sqlite3.Connection, name: str) -> None:
    where, index = LISTS[name]
    chosen = choose(where, SQLITE)
    assert index in list_plan(connection, count_sql(chosen), chosen)


@pytest.mark.parametrize("name", LISTS)
def test_one_slice_of_a_scan_reads_only_its_own_numbers(connection: sqlite3.Connection, name: str) -> None:
    where, _ = LISTS[name]
    chosen = choose(where, SQLITE)
    steps = list_plan(connection, best_sql(chosen, read_sort("-due"), cursor=False, full=False), chosen)
    assert "id>? AND" in steps or "ref_id=?" in steps


@pytest.mark.parametrize("name", LISTS)
def test_whether_some_jobs_are_still_named_is_asked_of_those_jobs(connection: sqlite3.Connection, name: str) -> None:
    where, _ = LISTS[name]
    chosen = choose(where, SQLITE, among=True)
    steps = list_plan(connection, still_sql(chosen), chosen)
    assert "rowid=?)" in steps


def steps(connection: sqlite3.Connection, name: str, values: dict[str, object]) -> int:
    """How many instructions of SQLite's machine a statement takes."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    connection.set_progress_handler(count, 1)
    connection.execute(SQL[name], values).fetchall()
    connection.set_progress_handler(None, 0)
    return taken


@pytest.mark.parametrize("name", ["ready_groups", "ready_jobs", "ready_levels", "running_groups"])
def test_looking_for_a_claim_costs_the_same_however_many_jobs_of_other_names_are_ready(
    tmp_path: Path, name: str
) -> None:
    values = {"app": "default", "queue": "default", "name": "wanted", "now": 0, "limit": 10, "skip": 0, "below": 9}
    with closing(open_store(str(tmp_path))) as store, closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        taken = []
        for count in (1, 3_000):
            jobs = [NewJob(ref_id=f"{count}-{one}", name=f"other-{one % 3}", payload="{}") for one in range(count * 3)]
            store.call(store.enqueue(jobs))
            taken.append(steps(connection, name, values))
    assert taken[1] < taken[0] * 1.5


RATED = {"key": "ann", "key_limit": 5, "key_rate": Window(1, 60_000_000)}


@pytest.mark.parametrize(
    "line", [{"key": "ann"}, RATED, {"lane": "smtp"}], ids=["key", "key with a rate", "named worker"]
)
def test_what_a_claim_reads_and_who_is_next_cost_the_same_however_many_wait_in_a_line(
    tmp_path: Path, line: dict[str, Any]
) -> None:
    wanted = {"app": "default", "queue": "default", "name": "wanted", "now": 0, "limit": 10, "skip": 0}
    values: dict[str, dict[str, object]] = {
        "ready_groups": dict(wanted), "ready_jobs": dict(wanted), "keys": {"keys": '[["default", "ann"]]'},
        "lanes": {"lanes": '[["default", "smtp"]]'}, "any_blocked": {},
    }  # fmt: skip
    with closing(open_store(str(tmp_path))) as store, closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        connection.execute("SELECT 1 FROM headway_job").fetchall()  # the first statement also reads the schema
        taken: list[dict[str, int]] = []
        for count in (10, 3_000):
            jobs = [NewJob(ref_id=f"{count}-{one}", name="wanted", payload="{}", **line) for one in range(count)]
            store.call(store.enqueue(jobs))
            taken.append({name: steps(connection, name, values[name]) for name in values})
    assert taken[1] == taken[0]
