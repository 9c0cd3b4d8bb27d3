"""Every page that the pages' table holds, as addresses in a world: those without a parameter, and those of the things that have a page."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from headway import State
from headway.web.pages.table import ROUTES
from tests.browser.world import Kind, World

GETS = tuple(sorted({route.path for route in ROUTES if route.method == "GET"}))
SIGNING = frozenset({"/sign-in", "/link"})
"""Pages of a console whose people sign in there; the worlds have another doorkeeper."""

Places = Callable[[World], Iterator[str]]


def jobs(world: World) -> Iterator[str]:
    """The newest job in each state, and in the hostile world more: each was written by somebody else."""
    if world.kind is Kind.HOSTILE:
        yield from (f"/jobs/{row.id}" for row in world.jobs.list(limit=1_000).rows[::11])
    for state in State:
        yield from (f"/jobs/{row.id}" for row in world.jobs.list(states=[state], limit=1).rows)


def batches(world: World) -> Iterator[str]:
    """The newest batches."""
    yield from (f"/batches/{batch.id}" for batch in world.jobs.batches(limit=3))


def schedules(world: World) -> Iterator[str]:
    """Every so-manieth schedule."""
    reader = world.jobs.store.reader
    rows = reader.call(reader.schedules(app=world.jobs.app))
    yield from (f"/recurring/{row.id}" for row in rows[::4])


def handlers(world: World) -> Iterator[str]:
    """Some that the code knows, and one that only the store does."""
    reader = world.jobs.store.reader
    names = [*list(world.shop.work)[::5], *reader.call(reader.handlers(app=world.jobs.app))[:2]]
    yield from (f"/command?{urlencode({'name': name})}" for name in names)


def found(_world: World) -> Iterator[str]:
    """The list of jobs, filtered: by what is there, by what is not, by nonsense, and further on."""
    for query in (
        {"state": "failed"},
        {"q": "state:failed queue:payments"},
        {"q": "<script>alert(1)</script>"},
        {"q": "nothing is called so"},
        {"sort": "-duration"},
    ):
        yield f"/jobs?{urlencode(query)}"


PARTICULAR: Mapping[str, Places] = MappingProxyType(
    {"/jobs/{id}": jobs, "/batches/{id}": batches, "/recurring/{id}": schedules, "/command": handlers, "/jobs?": found}
)
"""Pages of single things, and where they are."""
PLAIN = tuple(path for path in GETS if "{" not in path and path not in PARTICULAR and path not in SIGNING)
"""Pages that have one address."""
ELSEWHERE = frozenset({"/recurring/{id}/edit", "/jobs/{id}/revise", "/jobs/{id}/lines", "/jobs/{id}/log"})
"""What other tests look at, and what is no page."""
