"""Gates in words: each says what is waited for, exactly, and nothing that could steer a terminal."""

from datetime import UTC

import pytest

from headway.model.explain import Explanation, Gate
from headway.model.gate import GateKind
from headway.model.job import State
from headway.view.explaining import record, sentence, sentences

NOW_US = 1_800_000_000_000_000
SECOND_US = 1_000_000
AGO_US = NOW_US - 12 * SECOND_US


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (Gate(kind=GateKind.DUE, opens_us=NOW_US + 180 * SECOND_US), "due in 3 min, at 2027-01-15 08:03:00"),
        (Gate(kind=GateKind.PARENTS, jobs=(17, 18)), "waiting for parents 17 and 18"),
        (Gate(kind=GateKind.PARENTS, jobs=(17,)), "waiting for parent 17"),
        (Gate(kind=GateKind.PARENTS), "waiting for its parents"),
        (Gate(kind=GateKind.BATCHES, batches=("import-7",)), "waiting for batch import-7"),
        (Gate(kind=GateKind.BATCHES, batches=("a", "b", "c")), "waiting for batches a, b and c"),
        (
            Gate(kind=GateKind.EXPIRED, since_us=AGO_US),
            "not started by its expiry, 2027-01-15 07:59:48: it will be cancelled",
        ),
        (
            Gate(kind=GateKind.HELD, since_us=AGO_US, by="this is a copy"),
            "the store is held since 2027-01-15 07:59:48 (this is a copy): headway resume lets jobs start",
        ),
        (Gate(kind=GateKind.NO_HANDLER, subject="shop:send"), "no worker knows the handler shop:send"),
        (
            Gate(kind=GateKind.NO_WORKER),
            "no worker is running, or all are drained; headway nodes shows those of the last day",
        ),
        (
            Gate(kind=GateKind.NO_WORKER, subject="shop:send"),
            "no worker that knows the handler shop:send serves its queue",
        ),
        (
            Gate(kind=GateKind.PAUSED, subject="mail", by="ann", since_us=AGO_US),
            "queue mail paused by ann since 2027-01-15 07:59:48",
        ),
        (Gate(kind=GateKind.PAUSED, subject="mail", since_us=AGO_US), "queue mail paused since 2027-01-15 07:59:48"),
        (Gate(kind=GateKind.QUEUE_SIZE, subject="mail", limit=1), "queue mail is full: 1 job may run at once"),
        (
            Gate(kind=GateKind.HANDLER_LIMIT, subject="shop:send", limit=3),
            "handler shop:send is full: 3 jobs may run at once",
        ),
        (
            Gate(
                kind=GateKind.QUEUE_RATE, subject="mail", limit=10, span_us=60 * SECOND_US, opens_us=NOW_US + SECOND_US
            ),
            "the rate limit of queue mail (10 per 1 min) frees at 2027-01-15 08:00:01",
        ),
        (
            Gate(kind=GateKind.HANDLER_RATE, subject="shop:send", opens_us=NOW_US + SECOND_US),
            "the rate limit of handler shop:send frees at 2027-01-15 08:00:01",
        ),
        (
            Gate(
                kind=GateKind.KEY_RATE,
                subject="customer:42",
                limit=10,
                span_us=60 * SECOND_US,
                opens_us=NOW_US + SECOND_US,
            ),
            "the rate limit of key customer:42 (10 per 1 min) frees at 2027-01-15 08:00:01",
        ),
        (
            Gate(kind=GateKind.KEY, subject="customer:42", jobs=(4711,), limit=1, since_us=AGO_US),
            "key customer:42 full (held by job 4711 for 12 s)",
        ),
        (Gate(kind=GateKind.KEY, subject="customer:42", jobs=(8,)), "key customer:42 comes to it after job 8"),
        (
            Gate(kind=GateKind.WORKER, subject="smtp", jobs=(4711,), limit=1, since_us=AGO_US),
            "worker smtp busy with job 4711 for 12 s",
        ),
        (Gate(kind=GateKind.WORKER, subject="smtp"), "worker smtp comes to it after a run that is not stored"),
        (
            Gate(kind=GateKind.WORKER, subject="smtp", limit=1, since_us=NOW_US - 12 * SECOND_US),
            "worker smtp busy with a run that is not stored for 12 s",
        ),
        (Gate(kind=GateKind.PAUSED, subject="a\x1b[2Jb", since_us=AGO_US), "a�[2Jb"),
    ],
)
def test_a_gate_is_told_in_one_sentence(gate: Gate, said: str) -> None:
    assert said in sentence(gate, NOW_US, UTC)


def explanation(state: State = State.QUEUED, **facts: object) -> Explanation:
    return Explanation(id=1, state=state, queue="mail", now_us=NOW_US, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (explanation(ahead=0), "ready, the next one of queue mail: it starts as soon as a worker has a place"),
        (explanation(ahead=1), "ready: 1 job of queue mail is ahead of it"),
        (
            explanation(ahead=1200, starts_in_us=90 * SECOND_US),
            "ready: 1 200 jobs of queue mail are ahead of it; it starts in about 1 min 30 s",
        ),
        (explanation(ahead=200_000, ahead_exact=False), "ready: at least 200 000 jobs of queue mail are ahead of it"),
        (explanation(State.RUNNING, since_us=AGO_US), "it runs for 12 s"),
        (explanation(State.EXECUTED, since_us=AGO_US), "it has run; its callback is still to run"),
        (explanation(State.FAILED, reason="no such street"), "it has ended: failed: no such street"),
        (explanation(State.COMPLETED), "it has ended: completed"),
    ],
)
def test_without_a_gate_it_is_told_how_far_it_has_come(found: Explanation, said: str) -> None:
    assert sentences(found, UTC) == [said]


def test_programs_read_every_gate_with_its_facts() -> None:
    gate = Gate(kind=GateKind.QUEUE_RATE, subject="mail", limit=10, span_us=60 * SECOND_US, opens_us=NOW_US)
    said = record(explanation(gates=(gate, Gate(kind=GateKind.PARENTS, jobs=(3,)))))
    assert (said["state"], said["ahead"], len(said["text"])) == ("queued", None, 2)
    rate, parents = said["gates"]
    assert (rate["kind"], rate["subject"], rate["limit"], rate["per_seconds"]) == ("queue_rate", "mail", 10, 60.0)
    assert rate["opens_at"] == "2027-01-15T08:00:00.000000Z"
    assert parents["jobs"] == [3]
