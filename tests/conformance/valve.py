"""What the tests of gates say in one word each, and what they look at."""

from headway.model.explain import Explanation
from headway.model.gate import GateKind, HandlerGate
from headway.model.rate import Window
from headway.store.protocol import Ask, Exchange, QueueCount, StandBy
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import LEASE_US, NAMES, World

MINUTE_S = 60


def pause(world: World, queue: str = "default", by: str | None = "ann") -> bool:
    return world.store.call(world.store.pause_queue(queue, app="default", by=by))


def resume(world: World, queue: str = "default") -> bool:
    return world.store.call(world.store.resume_queue(queue, app="default"))


def resize(world: World, size: int | None, queue: str = "default") -> None:
    world.store.call(world.store.size_queue(queue, size, app="default"))


def limit_rate(world: World, starts: int | None, seconds: int = MINUTE_S, queue: str = "default") -> None:
    rate = None if starts is None else Window(starts, seconds * SECOND_US)
    world.store.call(world.store.rate_queue(queue, rate, app="default"))


def limits(*names: str, limit: int | None = None, rate: Window | None = None) -> tuple[HandlerGate, ...]:
    return (HandlerGate(names or ("work",), limit, rate),)


def shown(world: World, queue: str = "default") -> QueueCount | None:
    found = world.store.reader.call(world.store.reader.queues(app="default"))
    return next((one for one in found if one.queue == queue), None)


def explain(world: World, job: int) -> Explanation:
    found = world.store.reader.call(world.store.reader.explain(job))
    assert found is not None
    return found


def kinds(world: World, job: int) -> list[GateKind]:
    return [gate.kind for gate in explain(world, job).gates]


def put_many(world: World, count: int, **facts: object) -> list[int]:
    return [answer.id for answer in world.enqueue(*[world.new(**facts) for _ in range(count)])]


def waiting(world: World, node: int) -> StandBy[Exchange]:
    """A node that stands by: the store takes its offer with the next commit that wakes the workers."""
    asks = (Ask(limit=8, names=frozenset(NAMES)),)
    made = StandBy(world.store.exchange(node, asks=asks, lease_us=LEASE_US), f"waiting-{node}", lambda _: True)
    world.store.stand_by(made)
    return made
