"""What is named for a job, from what is known of it: keys, named workers, parents and batches, without a store."""

from typing import Any

import pytest

from headway.model.explain import Explanation, Gate, Line, Standing, Worker, explain
from headway.model.gate import GateKind
from headway.model.job import State
from headway.model.rate import Window
from tests.view.rows import job_row

NOW_US = 1_000_000_000
WORKER = Worker(knows=True, serves=True, concurrency=4, bounds=())


def explained(lines: tuple[Line, ...] = (), workers: tuple[Worker, ...] = (WORKER,), **facts: Any) -> Explanation:
    given = {
        name: facts.pop(name) for name in ("parents", "batches", "ahead", "ahead_exact", "durations") & facts.keys()
    }
    row = job_row(**({"state": State.QUEUED, "due_us": 1} | facts))
    return explain(Standing(job=row, now_us=NOW_US, lines=lines, workers=workers, **given))


def key(*running: tuple[int, int], limit: int = 1, before: tuple[int, ...] = ()) -> Line:
    return Line(kind=GateKind.KEY, subject="customer:42", limit=limit, running=running, before=before)


def lane(*running: tuple[int, int], before: tuple[int, ...] = (), **facts: Any) -> Line:
    return Line(kind=GateKind.WORKER, subject="smtp", limit=1, running=running, before=before, **facts)


@pytest.mark.parametrize("blocked", [None, "line"])
def test_a_full_key_names_who_holds_it_and_since_when(blocked: str | None) -> None:
    found = explained((key((4711, 5), (12, 7), limit=2),), blocked=blocked)
    assert found.gates == (Gate(kind=GateKind.KEY, subject="customer:42", jobs=(4711, 12), limit=2, since_us=5),)


def test_a_key_with_a_free_place_names_who_goes_first() -> None:
    found = explained((key((4711, 5), limit=2, before=(8,)),), blocked="line")
    assert found.gates == (Gate(kind=GateKind.KEY, subject="customer:42", jobs=(8,)),)


def test_a_spent_rate_of_a_key_says_when_it_frees_and_a_full_key_is_named_beside_it() -> None:
    rate = Window(2, 60)
    spent = Line(kind=GateKind.KEY, subject="ann", limit=1, running=(), rate=rate, opens_us=NOW_US + 9)
    (gate,) = explained((spent,), blocked="line").gates
    assert (gate.kind, gate.subject, gate.limit, gate.span_us, gate.opens_us) == (
        GateKind.KEY_RATE, "ann", 2, 60, NOW_US + 9,
    )  # fmt: skip
    both = Line(kind=GateKind.KEY, subject="ann", limit=1, running=((3, 5),), rate=rate, opens_us=NOW_US + 9)
    assert [gate.kind for gate in explained((both,)).gates] == [GateKind.KEY, GateKind.KEY_RATE]


@pytest.mark.parametrize(("room", "kinds"), [(1, [GateKind.KEY]), (2, [])])
def test_of_a_key_with_a_rate_no_more_go_first_than_may_start(room: int, kinds: list[GateKind]) -> None:
    line = Line(kind=GateKind.KEY, subject="ann", limit=9, running=(), before=(8,), rate=Window(5, 60), room=room)
    assert [gate.kind for gate in explained((line,)).gates] == kinds


def test_whose_turn_it_is_is_kept_back_by_no_line() -> None:
    assert explained((key((9, 5), limit=3, before=(8,)), lane())).gates == ()


def test_a_busy_worker_names_its_job_and_an_idle_one_who_goes_first() -> None:
    (busy,) = explained((lane((7, 5), before=(6,)),), blocked="line").gates
    (idle,) = explained((lane(before=(6,)),), blocked="line").gates
    assert (busy.kind, busy.jobs, busy.since_us) == (GateKind.WORKER, (7,), 5)
    assert (idle.kind, idle.jobs, idle.since_us) == (GateKind.WORKER, (6,), None)


def test_worker_and_key_are_both_named_where_both_keep_it_back() -> None:
    found = explained((lane((7, 5)), key((9, 5))), blocked="line")
    assert [gate.kind for gate in found.gates] == [GateKind.WORKER, GateKind.KEY]


def test_a_run_that_is_not_stored_keeps_its_worker() -> None:
    (busy,) = explained((lane(turn=True, turn_us=5, before=(6,)),), blocked="line").gates
    (first,) = explained((lane(turn=True),), blocked="line").gates
    assert (busy.kind, busy.jobs, busy.limit, busy.since_us) == (GateKind.WORKER, (), 1, 5)
    assert (first.kind, first.jobs, first.limit, first.since_us) == (GateKind.WORKER, (), None, None)


@pytest.mark.parametrize("blocked", ["line", "lane"])
def test_still_blocked_but_with_nobody_before_it_any_more_it_is_ready(blocked: str) -> None:
    assert explained((lane(), key()), blocked=blocked, ahead=0).is_ready


def test_parents_and_batches_are_named() -> None:
    found = explained(state=State.WAITING, parents=(17, 18), batches=("import",))
    assert [(gate.kind, gate.jobs, gate.batches) for gate in found.gates] == [
        (GateKind.PARENTS, (17, 18), ()),
        (GateKind.BATCHES, (), ("import",)),
    ]
    assert [gate.kind for gate in explained(state=State.WAITING, batches=("import",)).gates] == [GateKind.BATCHES]
    assert [gate.kind for gate in explained(state=State.WAITING).gates] == [GateKind.PARENTS]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"ahead": 8, "durations": (3, 5)}, 8),
        ({"ahead": 8, "durations": ()}, None),
        ({"ahead": 8, "durations": (4,), "ahead_exact": False}, None),
    ],
)
def test_the_estimate_is_made_of_the_latest_runs_and_the_places(facts: dict[str, Any], expected: int | None) -> None:
    assert explained(**facts).starts_in_us == expected


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED, State.EXECUTED])
def test_what_is_past_starting_has_no_gate(state: State) -> None:
    found = explained(state=state, finished_us=9, code="why")
    assert (found.gates, found.ahead) == ((), None)
