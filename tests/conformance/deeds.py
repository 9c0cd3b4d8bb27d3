"""What may happen to a store before somebody asks why a job does not run: pauses, limits, lines, time, and jobs of every kind."""

from collections.abc import Callable
from typing import Any

from headway.model.job import State
from headway.model.rate import Window
from headway.store.protocol import Ask, JobFilter
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.valve import limit_rate, limits, pause, resize, resume
from tests.conformance.world import NAMES, World

QUEUES = ("a", "b")
LANE = "smtp"
KEYS = ("ann", "bob")
UNKNOWN_ON_WORKER = "worker, unknown"
TURNS_MAX = 2_000
"""Turns of all examples together."""

Deed = Callable[[World, Any], object]


def put(**facts: Any) -> Deed:
    return lambda world, queue: world.put(queue=queue, **facts)


def expiring(**facts: Any) -> Deed:
    return lambda world, queue: world.put(queue=queue, expires_us=world.clock.now_us() + 15 * SECOND_US, **facts)


def set_aside(world: World, node: int) -> None:
    """What nobody knows and is first on its named worker: a claim sets it aside, and the next one goes on behind it."""
    world.turn(node, asks=[Ask(limit=0, names=frozenset(NAMES))])


def active(world: World) -> list[int]:
    return [row.id for row in world.store.reader.call(world.store.reader.nodes()) if row.state == "active"]


def ask_turn(world: World, _: str) -> None:
    for node in active(world)[:1]:
        world.store.call(world.store.ask_turn(node, LANE, app="default"))


def end_turn(world: World, _: str) -> None:
    """The oldest, whether it runs or waits."""
    for turn in sorted(world.store.reader.call(world.store.turns(tuple(range(1, TURNS_MAX)))))[:1]:
        world.store.call(world.store.end_turn(turn))


GATES: dict[str, Deed] = {
    "pause": pause,
    "resume": resume,
    "size 1": lambda world, queue: resize(world, 1, queue),
    "size 3": lambda world, queue: resize(world, 3, queue),
    "no size": lambda world, queue: resize(world, None, queue),
    "rate 2": lambda world, queue: limit_rate(world, 2, 30, queue),
    "rate 5": lambda world, queue: limit_rate(world, 5, 60, queue),
    "no rate": lambda world, queue: limit_rate(world, None, 60, queue),
    "hold": lambda world, _: world.store.call(world.store.hold_claims()),
    "let go": lambda world, _: world.store.call(world.store.resume_claims()),
    "job": put(),
    "other": put(name="other", priority=1),
    "unknown": put(name="renamed"),
    "later": put(delay_us=20 * SECOND_US),
    "expiring": expiring(),
    "time": lambda world, _: world.clock.step_wall(10),
}
LINES: dict[str, Deed] = {
    "key": put(key="ann"),
    "key, two at once": put(key="ann", key_limit=2),
    "key, three at once": put(key="ann", key_limit=3),
    "key, other handler": put(key="ann", key_limit=2, name="other"),
    "key, urgent": put(key="ann", key_limit=2, priority=5),
    "key, later": put(key="ann", key_limit=2, priority=3, delay_us=10 * SECOND_US),
    "key, expiring": expiring(key="ann", key_limit=2, priority=1),
    "another key": put(key="bob"),
    "worker": put(lane=LANE),
    "worker, other handler": put(lane=LANE, name="other"),
    "worker, later": put(lane=LANE, delay_us=10 * SECOND_US),
    "worker, expiring": expiring(lane=LANE),
    UNKNOWN_ON_WORKER: put(name="renamed", lane=LANE),
    "key rate": put(key="ann", key_limit=3, key_rate=Window(2, 30 * SECOND_US)),
    "key rate, other handler": put(key="ann", key_rate=Window(2, 30 * SECOND_US), name="other", priority=1),
    "key rate, slower": put(key="ann", key_limit=2, key_rate=Window(1, 45 * SECOND_US)),
    "key rate, later": put(key="bob", key_limit=3, key_rate=Window(2, 20 * SECOND_US), delay_us=10 * SECOND_US),
    "key rate, expiring": expiring(key="bob", key_limit=3, key_rate=Window(2, 20 * SECOND_US)),
    "key rate on the worker": put(key="bob", key_limit=3, key_rate=Window(2, 20 * SECOND_US), lane=LANE),
    "both": put(lane=LANE, key="ann", key_limit=2),
    "both, urgent": put(lane=LANE, key="ann", key_limit=2, priority=5),
    "both, later": put(lane=LANE, key="bob", delay_us=10 * SECOND_US),
    "both, expiring": expiring(lane=LANE, key="ann", key_limit=2, priority=3),
    "both on another worker": put(lane="fax", key="ann", key_limit=3),
    "turn": ask_turn,
    "end of a turn": end_turn,
    "time": GATES["time"],
}
DEEDS: dict[str, Deed] = GATES | LINES
LIMITS = (
    (),
    limits("work", limit=2),
    limits("work", rate=Window(2, 45 * SECOND_US)),
    (*limits("work", limit=3), *limits("other", limit=1, rate=Window(3, 20 * SECOND_US))),
)


def clear(world: World) -> None:
    """Nothing of an earlier example may be in the way."""
    world.store.call(world.store.resume_claims())
    for queue in (*QUEUES, "default"):
        resume(world, queue)
        resize(world, None, queue)
        limit_rate(world, None, 60, queue)
    for row in world.store.reader.call(world.store.reader.nodes()):
        world.reap(row.uid)
    reader = world.store.reader
    for job in reader.call(reader.ids(JobFilter(states=(State.QUEUED, State.SCHEDULED, State.WAITING)))):
        world.store.call(world.store.cancel(job))
    world.clock.step_wall(40 * 24 * 3600)
    world.tend()
